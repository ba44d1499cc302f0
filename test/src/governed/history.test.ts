/**
 * TX-4 on real processes: a node that joined by a snapshot has never seen what was before it, and yet proves every entry of it,
 * to whoever has the certificate of the service and nothing else.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyReceiptFile } from '@coco/client';
import { sha256 } from '@coco/crypto';
import { parseChunkName } from '@coco/ledger';
import { formatTxId, fromBase64, toHex } from '@coco/primitives';
import { until } from '../until.js';
import type { GovernedNetwork } from './governedNetwork.js';
import type { GovernedNode } from './governedNode.js';
import { decide } from './person.js';
import { closeTemporaryNetwork, openTemporaryNetwork } from './temporary.js';

const timeoutMs = 60_000;

let network: GovernedNetwork;
let joined: GovernedNode;
/** The entry after which it began. */
let snapshot = 0;

before(async () => {
  network = await openTemporaryNetwork({ settings: { ledger: { chunkBytesMax: 30_000 } } });
  for (const seconds of [1000, 1001, 1002]) {
    await decide(acme(), [network.member('bolt')], 'set-setting', `lease_seconds=${seconds}`);
  }
  joined = await join();
  const starts = readdirSync(joined.ledger).flatMap((file) => parseChunkName(file)?.start ?? []);
  snapshot = Math.min(...starts) - 1;
  network.ask(joined);
});
after(() => closeTemporaryNetwork(network));

const acme = () => network.member('acme');

/** A node of acme, which begins after a snapshot that is made for it. */
async function join(): Promise<GovernedNode> {
  const node = network.addNode('acme');
  const tuple = path.join('pilot', node.name, 'tuple.json');
  const signing = ['--actor-cert', acme().certificateFile, '--actor-key', acme().keyFile, '--out', tuple];
  const made = await acme().json('node', 'tuple', ...network.configOf(node), ...signing);
  node.nodeId = String(made['nodeId']);
  await decide(acme(), [network.member('bolt')], 'add-node', tuple);
  const digest = (await acme().ok('constitution', 'show', '--digest')).trim();
  const target = ['--peer', network.asked.addresses.administrative];
  const service = ['--service-fingerprint', network.serviceFingerprint];
  node.start('node', 'join', ...network.configOf(node), ...target, ...service, '--approve', digest);
  await until('the node takes part', timeoutMs, async () => {
    const { state } = (await network.get(node, '/node/state')) as { state: string };
    return state === 'PartOfNetwork';
  });
  return node;
}

interface ToldEntry {
  readonly transaction_id: string;
  readonly write_set_digest: string;
  readonly private_size: number;
  readonly tables: readonly { readonly name: string }[];
  readonly entry?: string;
  readonly receipt: unknown;
}

test('a node that joined by a snapshot gives every entry before it, with a receipt that holds offline', {
  timeout: 120_000,
}, async () => {
  assert.ok(snapshot > 5, `it began after entry ${snapshot}`);
  const client = network.client(joined.administrativeUrl, acme());
  const tables = new Set<string>();
  let whole = 0;
  for (let seqno = 1; seqno <= snapshot; seqno++) {
    const told = await until(`entry ${seqno}`, timeoutMs, async () => {
      const reply = await client.get(`/node/ledger/entry?seqno=${seqno}&receipt=json`);
      if (reply.status === 202) assert.match(reply.headers['retry-after'] ?? '', /^\d+$/);
      return reply.status === 200 && (JSON.parse(new TextDecoder().decode(reply.body)) as ToldEntry);
    });
    for (const { name } of told.tables) tables.add(name);
    const finding = verifyReceiptFile(told.receipt, network.serviceCertificatePem);
    assert.ok(finding.valid, JSON.stringify(finding));
    if (finding.txId === undefined) continue;
    assert.equal(formatTxId(finding.txId), told.transaction_id);
    assert.equal(toHex(finding.writeSetDigest ?? new Uint8Array()), told.write_set_digest);
    assert.equal(told.entry === undefined, told.private_size > 0);
    if (told.entry === undefined) continue;
    assert.equal(toHex(sha256(fromBase64(told.entry) ?? new Uint8Array())), told.write_set_digest);
    whole++;
  }
  assert.ok(whole > 3, 'decisions are proved to the last bit');
  assert.ok(tables.has('public:ccf.gov.proposals') && tables.has('public:ccf.gov.constitution'));
  assert.ok(
    [...tables].every((name) => name.startsWith('public:')),
    'nothing private is told',
  );
  const fetched = readdirSync(path.join(joined.ledger, 'fetched'));
  assert.ok(fetched.length > 0 && fetched.every((file) => file.endsWith('.committed')), String(fetched));
  const original = readFileSync(path.join(network.nodes[0]?.ledger ?? '', fetched[0] ?? ''));
  assert.deepEqual(readFileSync(path.join(joined.ledger, 'fetched', fetched[0] ?? '')), original);
});

test('coco receipt get, as JSON and COSE, and coco receipt verify without any node', async () => {
  const service = ['--service-certificate', network.serviceCertificateFile];
  const view = await network.firstView();
  for (const [file, ...form] of [['genesis.json'], ['genesis.cose', '--cose']]) {
    assert.ok(file !== undefined);
    await acme().ok('receipt', 'get', `${view}.1`, '-o', file, ...form);
    const told = await acme().json('receipt', 'verify', file, ...service, '--txid', `${view}.1`);
    assert.equal(told['valid'], true);
    const bytes = readFileSync(path.join(network.directory, file));
    const at = Math.floor(bytes.length / 2);
    writeFileSync(path.join(network.directory, 'bent'), bytes.fill((bytes[at] ?? 0) ^ 1, at, at + 1));
    assert.equal((await acme().run('receipt', 'verify', 'bent', ...service)).status, 1);
  }
  const signature = await acme().run('receipt', 'get', `${view}.2`, '--cose', '-o', 'none');
  assert.match(signature.stderr, /a signature transaction has no receipt of this form/);
});

test('coco ledger entry: to members and participants, with what of it is proved', async () => {
  const view = await network.firstView();
  const first = `${view}.1`;
  const genesis = await network.member('carrier').json('ledger', 'entry', first, '--receipt', 'r.json');
  assert.equal(genesis['proved'], 'digest', 'the genesis has private tables, too');
  const verified = await acme().json('receipt', 'verify', 'r.json', '--txid', first);
  assert.equal(verified['valid'], true);
  const shown = await acme().ok('ledger', 'entry', '3', '--full');
  assert.match(shown, new RegExp(`${view}\\.3.*public:ccf\\.gov\\.[\\s\\S]*proved to the last bit`));
  const other = await acme().run('ledger', 'entry', `${view + 1}.1`);
  assert.match(other.stderr, new RegExp(`the entry at 1 is ${view}\\.1`));
  const nobody = network.client(joined.administrativeUrl);
  await assert.rejects(nobody.get('/node/ledger/entry?seqno=3'), /members and participants/);
  await assert.rejects(nobody.get('/node/ledger-chunk?seqno=3&size=9'), /for nodes on the VN list/);
});
