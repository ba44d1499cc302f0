/**
 * CONF-1: `coco ledger verify`, as a user runs it, passes on CCF's ledgers and on what a network of ours wrote, and
 * names the place of a byte that was changed. (That none of 1,000 random flips is missed is tested with the audit
 * itself, in the ledger room; here a few go through the command.)
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { signerOf } from '@coco/cli';
import { chunkOfBytes, type ReadEntry, readLedger } from '@coco/ledger';
import { type Random, seededRandom, toHex } from '@coco/primitives';
import { checkout, runCoco } from './coco.js';
import { openTestNetwork } from './testNetwork.js';

const ccfLedgers = path.join(checkout, '../shared/data/ccf-ledgers');
const missing = existsSync(ccfLedgers) ? false : `CCF's ledgers are not at ${ccfLedgers}`;

interface LedgerOnDisk {
  readonly directory: string;
  /** File of the service certificate that is trusted. */
  readonly trusted: string;
}

const verify = ({ directory, trusted }: LedgerOnDisk, ...options: string[]) =>
  runCoco('ledger', 'verify', directory, '--service-certificate', trusted, ...options);

/** Passes as it is; fails, with file, byte and entry named, with any one of `count` random bits flipped. */
async function checkFlips(
  t: TestContext,
  ledger: LedgerOnDisk,
  count: number,
  random: Random,
): Promise<void> {
  const sound = await verify(ledger);
  assert.equal(sound.status, 0, sound.stdout);
  assert.match(sound.stdout, /The ledger is sound/);
  const copy = mkdtempSync(path.join(tmpdir(), 'coco-flips-'));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(ledger.directory, copy, { recursive: true });
  const places = signedEntries(copy);
  for (let i = 0; i < count; i++) {
    const entry = places[random.integer(places.length)] as ReadEntry;
    const at = entry.offset + random.integer(entry.size);
    const file = path.join(copy, entry.file);
    const bytes = readFileSync(file);
    const flipped = Uint8Array.from(bytes);
    flipped[at] = (bytes[at] as number) ^ (1 << random.integer(8));
    writeFileSync(file, flipped);
    const { status, stdout } = await verify({ ...ledger, directory: copy });
    writeFileSync(file, bytes);
    const told = `byte ${at} of ${entry.file}, in entry ${entry.txId.seqno}: ${stdout}`;
    assert.equal(status, 1, told);
    assert.match(stdout, /The ledger is not sound/, told);
    const [offset, seqno] = [/^ +byte +(\d+)$/m, /^ +seqno +(\d+)$/m].map((line) =>
      Number(line.exec(stdout)?.[1]),
    );
    assert.ok(stdout.includes(entry.file) && seqno === entry.txId.seqno, told);
    assert.ok(offset !== undefined && offset >= entry.offset && offset < entry.offset + entry.size, told);
  }
}

/** All entries up to the last signature, which does not sign itself. */
function signedEntries(directory: string): readonly ReadEntry[] {
  const files = readdirSync(directory).map((name) =>
    chunkOfBytes(name, readFileSync(path.join(directory, name))),
  );
  const entries = [...readLedger(files)];
  return entries.slice(
    0,
    entries.findLastIndex(({ signature }) => signature),
  );
}

test('a ledger that a network wrote verifies, and not with any byte flipped', {
  timeout: 90_000,
}, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const network = await openTestNetwork({ nodes: 1, overrides: { ledger: { chunkBytesMax: 32 * 1024 } } });
  t.after(() => network.dispose());
  const client = network.client(0);
  const chainId = BigInt(String(await client.jsonRpc('eth_chainId')));
  const [signer] = network.accounts.map(signerOf);
  assert.ok(signer !== undefined);
  for (let nonce = 0n; nonce < 25n; nonce++) {
    const fields = { nonce, chainId, gasPrice: 0n, gasLimit: 21_000n, value: 1n, data: new Uint8Array(0) };
    const { transaction } = signer.sign({ type: 0, to: signer.address, ...fields });
    await client.jsonRpc('eth_sendRawTransaction', [`0x${toHex(transaction.raw)}`]);
  }
  await network.stop();
  const { serviceCertificate, node } = network.paths;
  const ledger = { directory: path.join(node(0), 'ledger'), trusted: serviceCertificate };
  assert.ok(readdirSync(ledger.directory).length > 1, 'several files');
  await checkFlips(t, ledger, 6, seededRandom(seed));
});

for (const name of ['acme_containing_service', 'cose_flipflop_service']) {
  test(`CCF's ${name} verifies, and not with any byte flipped`, {
    skip: missing,
    timeout: 60_000,
  }, async (t) => {
    const folder = path.join(ccfLedgers, name);
    const trusted = path.join(folder, 'common', 'service_cert.pem');
    await checkFlips(t, { directory: path.join(folder, 'ledger'), trusted }, 2, seededRandom(1));
  });
}
