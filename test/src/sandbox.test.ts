/**
 * `npm start` as a user does it: what it prints is true, Ctrl-C stops everything, the next start goes on where it
 * stopped, and nothing that was committed is lost (TX-4).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freeBasePort, loadAccounts, sandboxPaths, signerOf } from '@coco/cli';
import { type Client, createClient } from '@coco/client';
import { ERC20_INITCODE, erc20BalanceOf, erc20Transfer } from '@coco/ethereum/testing';
import { fromHex, toHex } from '@coco/primitives';
import { checkout, type RunningCoco, runCoco, startCoco } from './coco.js';
import { processesOf } from './processesOf.js';
import { until } from './until.js';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 9_000;
/** On an idle machine it is under 5 s. */
const firstTransactionSecondsMax = 15;

/** A directory for a network, and what was started there. */
interface Place {
  readonly directory: string;
  readonly started: RunningCoco[];
}

/** Ends with the test: what was started there, first; then the directory. */
function openPlace(t: TestContext): Place {
  const directory = path.join(mkdtempSync(path.join(tmpdir(), 'coco-sandbox-')), 'network');
  const started: RunningCoco[] = [];
  t.after(async () => {
    for (const { child } of started) child.kill('SIGTERM');
    await until('no process is left', stopTimeoutMs, () => processesOf(directory).length === 0);
    rmSync(path.dirname(directory), { recursive: true, force: true });
  });
  return { directory, started };
}

interface Sandbox {
  readonly coco: RunningCoco;
  /** Everything that it printed when it was up. */
  readonly printed: string;
  readonly url: string;
  readonly seconds: number;
}

async function start({ directory, started }: Place, ...words: readonly string[]): Promise<Sandbox> {
  const coco = startCoco('sandbox', '--directory', directory, ...words);
  started.push(coco);
  const [, seconds] = await coco.said(
    /first transaction committed (\d+\.\d) s after the start/,
    startTimeoutMs,
  );
  const [, url = ''] = await coco.said(/JSON-RPC +(https:\S+)/, 0);
  return { coco, printed: coco.stdout, url, seconds: Number(seconds) };
}

/** Ctrl-C; the milliseconds until everything had stopped. */
async function interrupt({ coco }: Sandbox, directory: string): Promise<number> {
  const startedMs = performance.now();
  coco.child.kill('SIGINT');
  const { status, stderr } = await coco.ended;
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(processesOf(directory), []);
  // After 10 s the launcher would have used SIGKILL.
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < stopTimeoutMs, `${tookMs} ms`);
  return tookMs;
}

/** What a user looks at before and after. */
interface Memory {
  readonly token: string;
  readonly hashes: readonly string[];
}

/** Deploys a token, and transfers some of it and some ether. */
async function transact(client: Client, directory: string): Promise<Memory> {
  const [owner, other] = loadAccounts(sandboxPaths(directory).accounts).map(signerOf);
  assert.ok(owner !== undefined && other !== undefined);
  const chainId = BigInt(String(await client.jsonRpc('eth_chainId')));
  const asked = await client.jsonRpc('eth_getTransactionCount', [`0x${toHex(owner.address)}`, 'latest']);
  let nonce = BigInt(String(asked));
  const hashes: string[] = [];
  const send = async (fields: { to?: Uint8Array; value: bigint; data: Uint8Array }): Promise<string> => {
    const common = { type: 0, chainId, nonce, gasPrice: 1n, gasLimit: 1_000_000n } as const;
    nonce += 1n;
    const { transaction } = owner.sign({ ...common, ...fields });
    const hash = String(await client.jsonRpc('eth_sendRawTransaction', [`0x${toHex(transaction.raw)}`]));
    hashes.push(hash);
    return hash;
  };
  const deployment = await send({ value: 0n, data: ERC20_INITCODE });
  const receipt = (await client.jsonRpc('eth_getTransactionReceipt', [deployment])) as {
    contractAddress: string;
  };
  const token = receipt.contractAddress;
  const to = fromHex(token.slice(2)) as Uint8Array;
  await send({ to, value: 0n, data: erc20Transfer(other.address, 12_345n) });
  await send({ to: other.address, value: 7n, data: new Uint8Array(0) });
  return { token, hashes };
}

/** Balances, nonces, code, token balances, receipts, logs, blocks: everything that must still be the same. */
async function look(client: Client, directory: string, { token, hashes }: Memory): Promise<unknown> {
  const addresses = loadAccounts(sandboxPaths(directory).accounts)
    .slice(1, 5)
    .map(({ address }) => address);
  const calls = [
    ...addresses.flatMap((address) => [
      { method: 'eth_getBalance', params: [address, 'latest'] },
      { method: 'eth_getTransactionCount', params: [address, 'latest'] },
      {
        method: 'eth_call',
        params: [
          { to: token, data: `0x${toHex(erc20BalanceOf(fromHex(address.slice(2)) as Uint8Array))}` },
          'latest',
        ],
      },
    ]),
    { method: 'eth_getCode', params: [token, 'latest'] },
    { method: 'eth_getLogs', params: [{ address: token, fromBlock: '0x0', toBlock: 'latest' }] },
    ...hashes.flatMap((hash) => [
      { method: 'eth_getTransactionReceipt', params: [hash] },
      { method: 'eth_getTransactionByHash', params: [hash] },
    ]),
    { method: 'eth_getBlockByNumber', params: ['0x1', true] },
  ];
  const outcomes = await client.jsonRpcBatch(calls);
  for (const [index, outcome] of outcomes.entries()) {
    assert.ok(outcome.ok && outcome.result !== null, JSON.stringify([calls[index], outcome]));
  }
  return outcomes;
}

function clientOf(t: TestContext, { url }: Sandbox, directory: string): Client {
  const serviceCertificatePem = readFileSync(sandboxPaths(directory).serviceCertificate, 'utf8');
  const client = createClient({ url, serviceCertificatePem });
  t.after(() => client.close());
  return client;
}

async function commitSeqno(client: Client): Promise<number> {
  const { transaction_id: txId } = (await client.getJson('/app/commit')) as { transaction_id: string };
  return Number(txId.split('.')[1]);
}

for (const worker of ['thread', 'none', 'process'] as const) {
  test(`Ctrl-C and start again, worker ${worker}: nothing is lost`, { timeout: 120_000 }, async (t) => {
    const place = openPlace(t);
    const { directory } = place;
    const port = String(await freeBasePort(3));
    const first = await start(place, '--port', port, '--worker', worker);
    t.diagnostic(`first transaction committed ${first.seconds} s after the start`);
    assert.ok(first.seconds > 0 && first.seconds < firstTransactionSecondsMax);
    assert.match(
      readFileSync(path.join(directory, 'node0', 'node.json'), 'utf8'),
      RegExp(`"isolation": "${worker}"`),
    );
    const before = clientOf(t, first, directory);
    const memory = await transact(before, directory);
    const seen = await look(before, directory, memory);
    const seqno = await commitSeqno(before);
    const stopMs = await interrupt(first, directory);

    const second = await start(place);
    t.diagnostic(`stopped in ${Math.round(stopMs)} ms; again after ${second.seconds} s`);
    assert.equal(second.url, first.url);
    const after = clientOf(t, second, directory);
    assert.deepEqual(await look(after, directory, memory), seen);
    assert.ok((await commitSeqno(after)) >= seqno);
    // And it goes on, as if nothing had been.
    await look(after, directory, await transact(after, directory));
    await interrupt(second, directory);
    const { serviceCertificate, node } = sandboxPaths(directory);
    const ledger = path.join(node(0), 'ledger');
    const { status, stdout } = await runCoco(
      'ledger',
      'verify',
      ledger,
      '--service-certificate',
      serviceCertificate,
    );
    assert.equal(status, 0, stdout);
  });
}

test('what it prints is there, the commands to try work, and no node outlives its launcher', {
  timeout: 120_000,
}, async (t) => {
  const place = openPlace(t);
  const { directory } = place;
  const sandbox = await start(place, '--port', String(await freeBasePort(3)));
  const { printed, url } = sandbox;
  assert.match(printed, /platform virtual: proves nothing; clients without a certificate are admitted/);
  const rows = [
    ...printed.matchAll(/^(node\d) +(primary|backup) +(https:\S+) +(https:\S+) +[0-9a-f]{12}…$/gm),
  ];
  assert.deepEqual(
    rows.map(([, name]) => name),
    ['node0', 'node1', 'node2'],
  );
  assert.deepEqual(rows.map(([, , role]) => role).sort(), ['backup', 'backup', 'primary']);
  assert.equal(rows[0]?.[3], url);
  for (const what of ['service certificate', 'identities', 'funded accounts', 'ledgers']) {
    const [, file = ''] = RegExp(`${what} +(\\S+)`).exec(printed) ?? [];
    assert.ok(file !== '' && existsSync(path.resolve(checkout, file)), `${what} ${file}`);
  }
  for (const name of ['member0', 'member1', 'member2', 'participant0', 'participant1']) {
    assert.ok(existsSync(path.join(directory, 'identities', `${name}.cert.pem`)), name);
  }
  await t.test('curl', { skip: hasCurl() ? false : 'there is no curl here' }, () => {
    const [command = ''] = /curl --cacert .*$/m.exec(printed) ?? [];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: checkout, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(String(JSON.parse(stdout).result), /^0x[1-9a-f]/);
  });
  await t.test('coco ledger verify, while the node runs', async () => {
    const [, file = ''] = /npx coco (ledger verify \S+)/.exec(printed) ?? [];
    const { status, stdout } = await runCoco(...file.split(' '));
    assert.equal(status, 0, stdout);
  });
  assert.equal(processesOf(directory).length, 4);
  sandbox.coco.child.kill('SIGKILL');
  await until('the nodes stop by themselves', stopTimeoutMs, () => processesOf(directory).length === 0);
});

function hasCurl(): boolean {
  return spawnSync('curl', ['--version']).status === 0;
}
