import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Seqno, seededRandom } from '@coco/primitives';
import { type ChunkSource, chunkOfBytes } from './chunk.js';
import { type ChunkIndex, indexChunk } from './chunk-index.js';
import {
  type Ledger,
  openPastEntry,
  pastCoseReceipt,
  pastEntry,
  pastReceipt,
  type SealedEntry,
  verifyCoseReceipt,
  verifyReceipt,
} from './index.js';
import { createSecrets } from './secrets.js';
import {
  type ChunkBytes,
  chunkFiles,
  makeLedger,
  makeService,
  none,
  oneRow,
  sources,
  writeLedger,
} from './synthetic.test.js';
import { isPartOf, nodesAfter } from './tree-path.js';

const service = makeService();
const { serviceCertificate } = service.identity;
const secrets = createSecrets(service.secrets);

function written(
  seed: number,
  batches = 40,
): { ledger: Ledger; entries: SealedEntry[]; files: ChunkBytes[] } {
  const ledger = makeLedger(service, { chunkBytes: 20_000 });
  const entries = writeLedger(ledger, service, seededRandom(seed), batches);
  entries.push(ledger.sign(ledger.last.view, 0, true));
  ledger.compact(ledger.last.seqno);
  return { ledger, entries, files: chunkFiles(entries) };
}

function index(source: ChunkSource, upTo?: Seqno): ChunkIndex {
  const steps = indexChunk(source, { serviceCertificate, ...(upTo !== undefined && { upTo }) });
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

const { ledger, entries, files } = written(1);

test('TX-4: every entry of a chunk file has the receipts that the ledger gave while it held it', () => {
  assert.ok(files.length > 2);
  let receipts = 0;
  for (const source of sources(files)) {
    const found = index(source);
    for (let seqno = found.first; seqno <= found.last; seqno++) {
      const receipt = pastReceipt(found, source, seqno, secrets);
      assert.deepEqual(receipt, ledger.receipt(seqno));
      assert.ok(verifyReceipt(receipt, serviceCertificate).valid);
      const cose = pastCoseReceipt(found, source, seqno, secrets);
      assert.deepEqual(cose, ledger.coseReceipt(seqno));
      if (cose === undefined) continue;
      const verdict = verifyCoseReceipt(cose, serviceCertificate.publicKey);
      assert.ok(verdict.valid && verdict.txId.seqno === seqno);
      receipts++;
    }
  }
  assert.ok(receipts > 60);
});

test('an entry gives what it wrote to public tables, and to private ones with its secret alone', () => {
  const [source] = sources(files);
  assert.ok(source !== undefined);
  const found = index(source);
  for (const { seqno, signature } of entries.slice(2, 12)) {
    const entry = pastEntry(found, source, seqno);
    const shut = openPastEntry(source.name, entry);
    const open = openPastEntry(source.name, entry, secrets);
    assert.equal(shut.privateWrites, undefined);
    assert.deepEqual(shut.publicWrites, open.publicWrites);
    if (!signature) assert.equal(open.privateWrites?.[0]?.table, 'app');
    const without = () => openPastEntry(source.name, entry, createSecrets([]));
    assert.throws(without, { code: 'COCO_LEDGER_ENTRY_SECRET' });
  }
  assert.throws(() => pastReceipt(found, source, 3, createSecrets([])), { code: 'COCO_LEDGER_ENTRY_SECRET' });
  const other = createSecrets([{ fromSeqno: 1, key: new Uint8Array(32) }]);
  assert.throws(() => pastReceipt(found, source, 3, other), { code: 'COCO_LEDGER_ENTRY_EVIDENCE' });
});

test('every chunk file folds to the tree of the ledger, and one of the same service with another history does not', () => {
  const { tree } = ledger;
  const edge = { size: tree.size, nodes: tree.edge(tree.size) };
  const after = (leaf: Seqno): Uint8Array[] =>
    nodesAfter(leaf, edge.size).map(({ height, position }) => tree.node(height, position) as Uint8Array);
  for (const source of sources(files)) {
    const found = index(source);
    assert.ok(isPartOf(found.tree, after(found.last), edge), source.name);
  }
  // Signed by the genuine keys, well-formed, and never committed.
  const fork = written(2, 20);
  for (const source of sources(fork.files)) {
    const found = index(source);
    assert.ok(!isPartOf(found.tree, after(found.last), edge), source.name);
  }
});

test('a chunk file in which any byte is another is refused, or has the same leaves', () => {
  const [file] = files;
  assert.ok(file !== undefined);
  const { tree } = ledger;
  const random = seededRandom(5);
  const good = index(chunkOfBytes(file.name, file.bytes));
  let refused = 0;
  for (let round = 0; round < 60; round++) {
    const at = random.integer(file.bytes.length);
    const bytes = file.bytes.with(at, (file.bytes[at] ?? 0) ^ (1 << random.integer(8)));
    try {
      const found = index(chunkOfBytes(file.name, bytes));
      const isOurs = found.tree.root(found.last + 1).every((byte, i) => byte === good.tree.root()[i]);
      assert.ok(!isOurs, `byte ${at}`);
    } catch (error) {
      assert.match((error as { code: string }).code, /^COCO_LEDGER_/, String(error));
      refused++;
    }
  }
  assert.ok(refused > 40 && tree.size > 0);
});

test('a file that changed after it was read is found out when an entry is read from it', () => {
  const [file] = files;
  assert.ok(file !== undefined);
  const found = index(chunkOfBytes(file.name, file.bytes));
  const { offset } = found.places[2] as { offset: number };
  const changed = chunkOfBytes(file.name, file.bytes.with(offset + 30, 7));
  const code = 'COCO_LEDGER_CHUNK_DAMAGED';
  assert.throws(() => pastReceipt(found, changed, 3, secrets), { code });
  const shorter = chunkOfBytes(file.name, file.bytes.slice(0, offset + 10));
  assert.throws(() => pastEntry(found, shorter, 3), { code });
  assert.equal(pastEntry(found, changed, 2).layout.seqno, 2);
});

test('of a file that is being written, what is signed and committed counts, and nothing behind it', () => {
  const more = makeLedger(service);
  const list = writeLedger(more, service, seededRandom(3), 6);
  const signed = list.findLast(({ signature, seqno }) => signature && seqno < 12) as SealedEntry;
  list.push(
    more.append({ view: more.last.view, publicMaps: oneRow('public:a', 'k', 'v'), privateMaps: none }),
  );
  const [file] = chunkFiles(list);
  assert.ok(file !== undefined);
  const torn = chunkOfBytes(file.name, file.bytes.slice(0, -5));
  for (const source of [torn, chunkOfBytes(file.name, file.bytes)]) {
    const found = index(source, signed.seqno + 1);
    assert.equal(found.last, signed.seqno);
    more.compact(more.last.seqno - 1);
    assert.deepEqual(pastReceipt(found, source, 3, secrets), more.receipt(3));
  }
  assert.throws(() => index(chunkOfBytes('ledger_1', file.bytes), 1), { code: 'COCO_LEDGER_CHUNK_UNSIGNED' });
});
