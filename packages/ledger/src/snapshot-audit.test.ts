import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { seededRandom } from '@coco/primitives';
import {
  type AuditOptions,
  type AuditReport,
  auditLedger,
  createLedger,
  encodeSnapshotTables,
  openSnapshot,
  readLedger,
  type SealedEntry,
  snapshotFile,
  snapshotName,
} from './index.js';
import {
  addNode,
  type ChunkBytes,
  chunkFiles,
  makeLedger,
  makeService,
  makeSnapshot,
  none,
  oneRow,
  sources,
  storeOf,
  writeLedger,
} from './synthetic.test.js';

const service = makeService();
const { identity, secrets } = service;
const { serviceCertificate } = identity;

/** A ledger with two snapshots, and entries after them. */
const ledger = makeLedger(service, { chunkBytes: 8_000 });
const entries: SealedEntry[] = writeLedger(ledger, service, seededRandom(1), 6);
const first = makeSnapshot(ledger, entries);
more(6);
const second = makeSnapshot(ledger, entries);
more(3);

function more(batches: number): void {
  const { view } = ledger.last;
  for (let i = 0; i < batches; i++) {
    entries.push(ledger.append({ view, publicMaps: oneRow('public:app', `m${i}`, 'x'), privateMaps: none }));
    entries.push(ledger.append({ view, publicMaps: none, privateMaps: oneRow('app', `m${i}`, 'x') }));
    entries.push(ledger.sign(view));
  }
}

const chunks = chunkFiles(entries);
const full = [...chunks, first.file, second.file];
/** What a node has that joined at the first snapshot. */
const joiners = [...chunkFiles(entries.slice(first.seqno)), first.file, second.file];

function audit(files: readonly ChunkBytes[], options: AuditOptions = { serviceCertificate }): AuditReport {
  return auditLedger(sources(files), options);
}

function failing(files: readonly ChunkBytes[], options?: AuditOptions): NonNullable<AuditReport['failure']> {
  const { failure } = audit(files, options);
  assert.ok(failure !== undefined, 'the audit finds a fault');
  return failure;
}

test('a full ledger with snapshots beside it: receipts hold, and roots and rows agree with the entries', () => {
  for (const options of [{ serviceCertificate }, { serviceCertificate, secrets }, {}]) {
    const report = audit(full, options);
    assert.equal(report.failure, undefined);
    assert.equal(report.begins, undefined);
    assert.equal(report.entries, entries.length);
    assert.deepEqual(
      report.snapshots.map(({ file, seqno, replayed, claimed }) => [file, seqno, replayed, claimed]),
      [first, second].map(({ file, seqno }) => [file.name, seqno, true, true]),
    );
  }
});

test('CONF-1: the directory of a node that joined begins with a snapshot, and is sound', () => {
  for (const options of [{ serviceCertificate }, { serviceCertificate, secrets }, {}]) {
    const report = audit(joiners, options);
    assert.equal(report.failure, undefined);
    assert.deepEqual([report.begins?.file, report.begins?.seqno], [first.file.name, first.seqno]);
    assert.equal(report.entries, entries.length - first.seqno);
    assert.deepEqual(report.first.seqno, first.seqno + 1);
    assert.deepEqual([report.last.seqno, report.lastSigned.seqno], [entries.length, entries.length]);
    assert.deepEqual(
      report.snapshots.map(({ replayed }) => replayed),
      [false, true],
    );
    assert.equal(report.services[0]?.firstSeqno, first.seqno);
    assert.deepEqual(
      report.signers.map(({ nodeId }) => nodeId),
      [identity.nodeId],
    );
  }
});

test('a snapshot alone is a ledger of no entries yet', () => {
  const report = audit([second.file]);
  assert.equal(report.failure, undefined);
  assert.deepEqual([report.entries, report.last.seqno, report.unsigned], [0, second.seqno, 0]);
});

test('without its snapshot, a ledger that does not begin with entry 1 is refused', () => {
  const bare = joiners.filter(({ name }) => name !== first.file.name);
  const failure = failing(bare);
  assert.deepEqual([failure.code, failure.seqno], ['COCO_LEDGER_HOLE', 1]);
  // A snapshot that is older than the ledger's first entry allows leaves a hole, too.
  const late = chunkFiles(entries.slice(second.seqno));
  assert.equal(failing([...late, first.file]).code, 'COCO_LEDGER_HOLE');
  assert.equal(audit([...late, first.file, second.file]).failure, undefined);
});

test('of 150 random flips in the snapshot that a ledger begins with, or in one beside it, none is missed', () => {
  const random = seededRandom(2);
  for (let i = 0; i < 150; i++) {
    const [files, name] = i % 2 === 0 ? [joiners, first.file.name] : [full, second.file.name];
    const options = i % 3 === 0 ? {} : { serviceCertificate, ...(i % 3 === 1 && { secrets }) };
    const flipped = files.map((file) => {
      if (file.name !== name) return file;
      const bytes = file.bytes.slice();
      const at = random.integer(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
      return { name, bytes };
    });
    const failure = failing(flipped, options);
    assert.equal(failure.file, name, JSON.stringify(failure));
  }
});

test('of 100 random flips in the entries after a snapshot, none is missed or blamed on the snapshot', () => {
  const random = seededRandom(3);
  const signed = entries.at(-1) as SealedEntry;
  for (let i = 0; i < 100; i++) {
    const index = random.integer(joiners.length - 2);
    const flipped = joiners.map((file, at) => {
      if (at !== index) return file;
      const bytes = file.bytes.slice();
      // The last signature has bytes that nothing signs (see flip.test.ts).
      const end = bytes.length - (file.name.includes('-') ? 0 : signed.size);
      const place = random.integer(end);
      bytes[place] = (bytes[place] as number) ^ (1 << random.integer(8));
      return { ...file, bytes };
    });
    const failure = failing(flipped);
    assert.equal(failure.file, joiners[index]?.name, JSON.stringify(failure));
  }
});

test('a snapshot under another’s name is refused', () => {
  const renamed = {
    ...second.file,
    name: snapshotName({ seqno: first.seqno, evidenceSeqno: first.seqno + 1 }),
  };
  const failure = failing([...chunkFiles(entries.slice(first.seqno)), renamed]);
  assert.deepEqual([failure.code, failure.file], ['COCO_LEDGER_AUDIT_SNAPSHOT', renamed.name]);
  const { seqno } = first;
  const elsewhere = { ...first.file, name: snapshotName({ seqno, evidenceSeqno: seqno + 2 }) };
  assert.equal(failing([...chunks, elsewhere]).code, 'COCO_LEDGER_AUDIT_SNAPSHOT');
});

test('an entry that was changed is not taken for a fault of the snapshot that is compared with it', () => {
  const claimsAt = 44 + 9;
  for (const [seqno, at] of [
    [second.seqno, 8],
    [second.seqno + 1, claimsAt],
  ] as const) {
    const changed = entries.map((entry) => {
      if (entry.seqno !== seqno) return entry;
      const bytes = entry.bytes.slice();
      bytes[at] = (bytes[at] as number) ^ 1;
      return { ...entry, bytes };
    });
    const failure = failing([...chunkFiles(changed), second.file]);
    assert.equal(failure.seqno, seqno, JSON.stringify(failure));
    assert.match(failure.file ?? '', /^ledger_/);
  }
});

test('a snapshot whose evidence is not in this ledger is refused: the service has two histories', () => {
  const other = makeLedger(service);
  const written = entries.slice(0, first.seqno);
  for (const { bytes } of written) other.add(other.open(bytes));
  const { view } = other.last;
  written.push(other.append({ view, publicMaps: none, privateMaps: none }));
  written.push(other.sign(view));
  const failure = failing([...chunkFiles(written), first.file]);
  assert.deepEqual([failure.code, failure.file], ['COCO_LEDGER_AUDIT_SNAPSHOT', first.file.name]);
  assert.match(failure.reason, /is not the evidence/);
});

test('a service that claims a snapshot of rows that it never wrote is found out by its own entries', () => {
  for (const [what, row] of [
    ['a row more', { table: 'public:app', key: new Uint8Array([255]), value: none }],
    ['a private row more', { table: 'app', key: new Uint8Array([255]), value: none }],
  ] as const) {
    const forger = makeLedger(service);
    const written = writeLedger(forger, service, seededRandom(4), 3);
    const { view } = forger.last;
    written.push(forger.sign(view, 0, true));
    const { seqno } = forger.last;
    forger.compact(seqno);
    const rows = [...(storeOf(forger, written).snapshot(seqno).next(1e9) ?? []), { ...row, seqno }];
    const sealer = forger.snapshot(seqno);
    sealer.add(
      encodeSnapshotTables(rows.sort((a, b) => (a.table < b.table ? -1 : a.table > b.table ? 1 : 0))),
    );
    const sealed = sealer.finish();
    written.push(forger.append({ view, publicMaps: none, privateMaps: none, claimsDigest: sealed.digest }));
    written.push(forger.sign(view));
    forger.compact(forger.last.seqno);
    const receipt = forger.receipt(seqno + 1);
    assert.ok(receipt !== undefined);
    const name = snapshotName({ seqno, evidenceSeqno: seqno + 1 });
    const forged = { name, bytes: snapshotFile(sealed.bytes, receipt) };
    const failure = failing([...chunkFiles(written), forged], { serviceCertificate, secrets });
    assert.deepEqual([failure.code, failure.file], ['COCO_LEDGER_AUDIT_SNAPSHOT', name], what);
    // Who has nothing but the snapshot must trust the service.
    assert.equal(audit([...chunkFiles(written.slice(seqno)), forged]).failure, undefined);
  }
});

test('a service that claims a snapshot with another tree or history of views is found out, too', () => {
  const leafAt = 69;
  const viewsAt = leafAt + 32 + 8;
  for (const [what, change] of [
    ['another leaf', (bytes: Uint8Array) => bytes.fill(7, leafAt, leafAt + 1)],
    ['another history', (bytes: Uint8Array) => bytes.fill(1, viewsAt + 16, viewsAt + 17)],
  ] as const) {
    const forger = makeLedger(service);
    const written = writeLedger(forger, service, seededRandom(4), 3);
    const view = forger.last.view + 1;
    written.push(forger.sign(view, 0, true));
    const { seqno } = forger.last;
    forger.compact(seqno);
    const sealer = forger.snapshot(seqno);
    for (const rows of [storeOf(forger, written).snapshot(seqno).next(1e9) ?? []]) {
      sealer.add(encodeSnapshotTables(rows));
    }
    const bytes = sealer.finish().bytes.slice();
    change(bytes);
    written.push(forger.append({ view, publicMaps: none, privateMaps: none, claimsDigest: sha256(bytes) }));
    written.push(forger.sign(view));
    forger.compact(forger.last.seqno);
    const receipt = forger.receipt(seqno + 1);
    assert.ok(receipt !== undefined);
    const name = snapshotName({ seqno, evidenceSeqno: seqno + 1 });
    const forged = { name, bytes: snapshotFile(bytes, receipt) };
    const failure = failing([...chunkFiles(written), forged]);
    assert.deepEqual([failure.code, failure.file], ['COCO_LEDGER_AUDIT_SNAPSHOT', name], what);
  }
});

test('a snapshot of another history of the same service is found out by the entries', () => {
  const other = makeLedger(service);
  const written = writeLedger(other, service, seededRandom(6), 6);
  const made = makeSnapshot(other, written);
  assert.ok(made.seqno < entries.length - 5);
  const failure = failing([...chunks, made.file]);
  assert.deepEqual([failure.code, failure.file], ['COCO_LEDGER_AUDIT_SNAPSHOT', made.file.name]);
});

test('a snapshot of another service is refused by who trusts this one', () => {
  const stranger = makeService();
  const its = makeLedger(stranger);
  const written = writeLedger(its, stranger, seededRandom(7), 3);
  const made = makeSnapshot(its, written);
  const files = [...chunkFiles(written.slice(made.seqno)), made.file];
  assert.equal(audit(files, {}).failure, undefined);
  assert.equal(failing(files).code, 'COCO_LEDGER_AUDIT_SERVICE');
  assert.equal(failing([made.file]).code, 'COCO_LEDGER_AUDIT_SERVICE');
});

test('what a joined node goes on to write is sound in its own directory', () => {
  const { base } = openSnapshot(second.bytes, { secrets });
  const joined = createLedger({ identity: addNode(identity), serviceCertificate, secrets, base });
  const own = entries.slice(second.seqno);
  for (const { bytes } of own) joined.add(joined.open(bytes));
  const { view } = joined.last;
  own.push(joined.append({ view: view + 1, publicMaps: none, privateMaps: oneRow('app', 'k', 'v') }));
  own.push(joined.sign(view + 1, 0));
  const report = audit([...chunkFiles(own), second.file]);
  // It was never made a trusted node of this network.
  assert.equal(report.failure?.code, 'COCO_LEDGER_AUDIT_SIGNER');
});

test('reading a ledger that begins with a snapshot begins with its rows', () => {
  const [head, next, ...rest] = [...readLedger(sources(joiners), { secrets })];
  assert.deepEqual([head?.entryType, head?.txId.seqno, next?.txId.seqno], [1, first.seqno, first.seqno + 1]);
  assert.equal(rest.length + 1, entries.length - first.seqno);
  assert.ok(head?.publicWrites.some(({ table }) => table === 'public:ccf.gov.nodes.info'));
  assert.ok(head?.privateWrites?.some(({ table, puts }) => table === 'app' && puts.length > 3));
  assert.equal([...readLedger(sources(joiners))][0]?.privateWrites, undefined);
  assert.equal([...readLedger(sources(joiners), { from: first.seqno + 1 })][0]?.entryType, 4);
  assert.equal([...readLedger(sources(full))][0]?.txId.seqno, 1);
});
