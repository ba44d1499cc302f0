import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pastCoseReceipt, pastReceipt, verifyCoseReceipt, verifyReceipt } from '@coco/ledger';
import { CocoError, type Seqno, toHex, utf8 } from '@coco/primitives';
import { ledgerService } from '../entries.test.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import { json } from '../routes/answers.js';
import {
  chunks,
  chunksOf,
  chunkWith,
  entries,
  fork,
  type HistoryNode,
  historyNode,
  servedNode,
  snapshot,
} from './historyWorld.test.js';

/** The entry is proved by both of its receipts, under the service's certificate alone. */
async function isProved({ history, ledger }: HistoryNode, seqno: Seqno): Promise<void> {
  const { index, source } = await history.find(seqno);
  const secrets = ledger.secretsAfter(ledger.last.seqno);
  const verdict = verifyReceipt(pastReceipt(index, source, seqno, secrets), ledgerService.certificate);
  assert.ok(verdict.valid, JSON.stringify(verdict));
  const cose = pastCoseReceipt(index, source, seqno, secrets);
  assert.equal(cose === undefined, entries[seqno - 1]?.signature, 'signatures have none');
  if (cose === undefined) return;
  const found = verifyCoseReceipt(cose, ledgerService.certificate.publicKey);
  assert.ok(found.valid && verdict.txId?.seqno === seqno && found.txId.seqno === seqno);
}

const fetched = ({ directory }: HistoryNode): readonly string[] => {
  const folder = join(directory, 'fetched');
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
};

test('TX-4: a node that began after a snapshot proves every entry before it, and fetches each chunk once', async (t) => {
  const served = await servedNode(t);
  const node = historyNode(t, { from: 'snapshot', peers: [served.peer] });
  for (let seqno = 1; seqno <= snapshot.seqno; seqno++) await isProved(node, seqno);
  const files = chunks.slice(0, 3).map(({ file }) => file);
  assert.deepEqual(fetched(node), files.toSorted());
  for (const file of files) {
    assert.deepEqual(
      readFileSync(join(node.directory, 'fetched', file)),
      Buffer.from(chunkWith(Number(/\d+/.exec(file)?.[0])).bytes),
    );
    assert.equal(served.asked.filter((one) => one.includes(`/${file}`)).length, 1);
  }
  // Another process finds them there, and asks for no more than what leads from them to its tree.
  const again = historyNode(t, { from: 'snapshot', peers: [served.peer], directory: node.directory });
  const before = served.asked.length;
  await isProved(again, 3);
  await isProved(again, snapshot.seqno - 1);
  assert.ok(served.asked.slice(before).every((one) => one.startsWith('/node/ledger-chunk?')));
});

test('a node that has all of the ledger proves every entry out of its own files, asking nobody', async (t) => {
  const node = historyNode(t, { from: 'beginning', files: chunks });
  for (const { seqno } of entries) await isProved(node, seqno);
  assert.deepEqual([fetched(node), node.told], [[], []]);
});

type Meddle = (request: HttpRequest) => HttpResponse | undefined;
const wanted = 5;
const genuine = chunkWith(wanted);
const bytesOf = (bytes: Uint8Array): HttpResponse => ({ status: 200, headers: {}, body: bytes });
const sends =
  (bytes: Uint8Array): Meddle =>
  ({ path }) =>
    path.startsWith('/node/ledger-chunk/') ? bytesOf(bytes) : undefined;
const offers =
  (offer: unknown): Meddle =>
  ({ path }) =>
    path === '/node/ledger-chunk' ? json(200, offer) : undefined;
const flipped = (at: number): Uint8Array => genuine.bytes.with(at, (genuine.bytes[at] ?? 0) ^ 1);
const forked = fork();
const forkedFile = forked.find(({ file }) => file === genuine.file)?.bytes ?? new Uint8Array();
const node0 = toHex(new Uint8Array(32));
const good = { name: genuine.file, size: genuine.bytes.length, nodes: [node0] };

const hostile: readonly (readonly [string, Meddle])[] = [
  ['a byte of an entry', sends(flipped(200))],
  ['a byte of the last signature', sends(flipped(genuine.bytes.length - 200))],
  ['a byte of the table of positions', sends(flipped(genuine.bytes.length - 1))],
  ['less than was announced', sends(genuine.bytes.subarray(0, 500))],
  ['more than was announced', sends(new Uint8Array([...genuine.bytes, 0]))],
  [
    'a history under the genuine keys that was never committed',
    (request) => offers({ ...good, size: forkedFile.length })(request) ?? sends(forkedFile)(request),
  ],
  ['nodes that lead elsewhere', offers(good)],
  ['no nodes', offers({ ...good, nodes: [] })],
  ['too many nodes', offers({ ...good, nodes: new Array(60).fill(node0) })],
  ['nodes that are none', offers({ ...good, nodes: ['ab', 7] })],
  ['another part', offers({ ...good, name: chunkWith(snapshot.seqno).file })],
  [
    'a part that goes on beyond what is committed',
    offers({ ...good, name: 'ledger_1-9999.committed', size: 1e6 }),
  ],
  ['more entries than a file can have', offers({ ...good, name: 'ledger_1-99999999.committed', size: 1e12 })],
  ['a name that leads elsewhere', offers({ ...good, name: '../../etc/passwd' })],
  ['a size that is too large', offers({ ...good, size: 2 ** 40 })],
  ['a size that is too small', offers({ ...good, size: 12 })],
  ['what is no offer', offers('nothing')],
  ['nonsense', ({ path }) => (path === '/node/ledger-chunk' ? bytesOf(utf8('{{')) : undefined)],
];

for (const [what, meddle] of hostile) {
  test(`a peer that sends ${what} is named and dropped, and the next peer asked`, async (t) => {
    const bad = await servedNode(t, 'b', meddle);
    const honest = await servedNode(t, 'a');
    const node = historyNode(t, { from: 'snapshot', peers: [bad.peer, honest.peer] });
    await isProved(node, wanted);
    const warnings = node.told.filter(({ level }) => level === 'warn');
    assert.deepEqual(
      warnings.map(({ facts }) => facts['node']),
      ['b'.repeat(64)],
      JSON.stringify(node.told),
    );
    assert.match(String(warnings[0]?.facts['code']), /^COCO_(HOST_CHUNK_REFUSED|LEDGER_)/);
    assert.deepEqual(fetched(node), [genuine.file], 'nothing is left of what it sent');
    // And the next time it is asked last.
    const before = bad.asked.length;
    await isProved(node, snapshot.seqno - 1);
    assert.equal(bad.asked.length, before);
  });
}

test('what nobody has is said to be missing, and not looked for again at once (COCO_HOST_HISTORY_MISSING)', async (t) => {
  const empty = await servedNode(t, 'a', undefined, []);
  const gone = { nodeId: 'c'.repeat(64), address: { host: '127.0.0.1', port: 1 } };
  const node = historyNode(t, { from: 'snapshot', peers: [gone, empty.peer] });
  for (let round = 0; round < 3; round++) {
    await assert.rejects(node.history.find(3), { code: 'COCO_HOST_HISTORY_MISSING' });
  }
  assert.equal(empty.asked.length, 1);
});

test('who asks for too much at once is told to come again (COCO_HOST_HISTORY_BUSY)', async (t) => {
  const node = historyNode(t, { from: 'snapshot' });
  const all = Array.from({ length: 80 }, (_, seqno) => node.history.find(1 + (seqno % 30) + 100 * seqno));
  const codes = (await Promise.allSettled(all)).map((one) =>
    one.status === 'rejected' && one.reason instanceof CocoError ? one.reason.code : 'found',
  );
  assert.equal(codes.filter((code) => code === 'COCO_HOST_HISTORY_BUSY').length, 16);
});

test('what is fetched is kept up to a limit, the newest in any case; a file beyond it is not fetched', async (t) => {
  const served = await servedNode(t);
  const fetchedBytesMax = Math.max(...[3, 13].map((seqno) => chunkWith(seqno).bytes.length)) + 10;
  const node = historyNode(t, { from: 'snapshot', peers: [served.peer], fetchedBytesMax });
  await isProved(node, 3);
  await isProved(node, 13);
  assert.deepEqual(fetched(node), [chunkWith(13).file]);
  await isProved(node, 3);
  assert.deepEqual(fetched(node), [chunkWith(3).file], 'and had again');
  const small = historyNode(t, { from: 'snapshot', peers: [served.peer], fetchedBytesMax: 1000 });
  await assert.rejects(small.history.find(3), { code: 'COCO_HOST_HISTORY_MISSING' });
  assert.match(JSON.stringify(small.told), /1000 are allowed/);
  assert.deepEqual(fetched(small), []);
});

test("a chunk on this node's own disk is trusted no more: it is told, and had from a peer", async (t) => {
  const served = await servedNode(t);
  const bent = chunksOf(entries).map((one) =>
    one.file === genuine.file ? { ...one, bytes: forkedFile } : one,
  );
  const node = historyNode(t, { from: 'beginning', files: bent, peers: [served.peer] });
  await isProved(node, wanted);
  const errors = node.told.filter(({ level }) => level === 'error');
  assert.match(String(errors[0]?.facts['path']), new RegExp(`${genuine.file}$`));
  assert.deepEqual(fetched(node), [genuine.file]);
  // What was fetched is looked at again in another process.
  writeFileSync(join(node.directory, 'fetched', genuine.file), flipped(200));
  const again = historyNode(t, { from: 'beginning', directory: node.directory, peers: [served.peer] });
  await isProved(again, wanted);
  assert.deepEqual(readFileSync(join(node.directory, 'fetched', genuine.file)), Buffer.from(genuine.bytes));
});
