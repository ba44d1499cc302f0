import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, utf8 } from '@coco/primitives';
import {
  createLedger,
  describeEntry,
  encodeMaps,
  openSnapshot,
  type SealedEntry,
  verifyCoseReceipt,
  verifyReceipt,
} from './index.js';
import {
  addNode,
  genesisMaps,
  makeLedger,
  makeService,
  makeSnapshot,
  none,
  oneRow,
  writeLedger,
} from './synthetic.test.js';

const service = makeService();
const { identity, secrets } = service;
const { serviceCertificate } = identity;
const batch = { publicMaps: none, privateMaps: oneRow('app', 'k', 'v') };

function nodesMaps(rows: Readonly<Record<string, object>>): Uint8Array {
  const puts = Object.entries(rows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, row]) => ({ key: utf8(id), value: utf8(JSON.stringify(row)) }));
  return encodeMaps([{ table: 'public:ccf.gov.nodes.info', puts, removes: [] }]);
}

test('a ledger from a snapshot goes on as the one that it was taken of, byte for byte in root and receipts', () => {
  const random = seededRandom(1);
  const ledger = makeLedger(service);
  const entries: SealedEntry[] = writeLedger(ledger, service, random, 8);
  const { seqno, bytes } = makeSnapshot(ledger, entries);
  const { base } = openSnapshot(bytes, { secrets });
  const other = addNode(identity);
  const joined = createLedger({ identity: other, serviceCertificate, secrets, base });
  assert.deepEqual(joined.last, { view: base.view, seqno });
  assert.deepEqual(joined.configuration, [identity.nodeId]);
  for (const entry of entries.slice(seqno)) joined.add(joined.open(entry.bytes));
  assert.deepEqual(joined.root(), ledger.root());

  // It becomes primary: what it signs, the first ledger verifies.
  const view = ledger.last.view + 1;
  const made = [joined.sign(view), joined.append({ view, ...batch }), joined.sign(view)];
  for (const { bytes: entry } of made) ledger.add(ledger.open(entry));
  assert.deepEqual(joined.root(), ledger.root());
  for (const each of [ledger, joined]) each.compact(each.last.seqno);
  for (let at = seqno + 1; at <= joined.last.seqno; at++) {
    const receipt = joined.receipt(at);
    assert.deepEqual(receipt, ledger.receipt(at));
    assert.ok(verifyReceipt(receipt, serviceCertificate).valid, `receipt of ${at}`);
    const cose = joined.coseReceipt(at);
    assert.ok(cose === undefined || verifyCoseReceipt(cose, serviceCertificate.publicKey).valid);
  }
  assert.equal(joined.receipt(seqno), undefined);
  assert.equal(joined.receipt(1), undefined);

  // And the next snapshot is the same, whoever makes it.
  const [a, b] = [ledger.last.seqno, joined.last.seqno];
  assert.equal(a, b);
  const signed = joined.sign(view, 0, true);
  ledger.add(ledger.open(signed.bytes));
  for (const each of [ledger, joined]) each.compact(signed.seqno);
  assert.deepEqual(joined.base(signed.seqno), ledger.base(signed.seqno));
  assert.deepEqual(joined.snapshot(signed.seqno).finish(), ledger.snapshot(signed.seqno).finish());
});

test('a ledger from a snapshot is rolled back to the snapshot and no further, and begins a chunk there', () => {
  const ledger = makeLedger(service);
  const entries = writeLedger(ledger, service, seededRandom(2), 3);
  const { seqno, bytes } = makeSnapshot(ledger, entries);
  const { base } = openSnapshot(bytes, { secrets });
  const joined = makeLedger(service, { base, chunkBytes: 8_000 });
  const { view } = base;
  const root = joined.root();
  joined.append({ view, ...batch });
  assert.equal(joined.sign(view).endsChunk, undefined);
  joined.rollback(seqno);
  assert.deepEqual([joined.root(), joined.last.seqno], [root, seqno]);
  assert.throws(() => joined.rollback(seqno - 1), /never rolled back/);
  joined.append({ view: view + 1, ...batch });
  assert.deepEqual(joined.sign(view + 1, 0, true).endsChunk, true);
  assert.deepEqual(joined.base(joined.last.seqno).views.at(-1), { view: view + 1, from: seqno + 1 });
});

test('a base is where a signature ended a chunk, and nowhere else', () => {
  const ledger = makeLedger(service);
  const entries = writeLedger(ledger, service, seededRandom(3), 2);
  assert.throws(() => ledger.base(entries.length), /ended a chunk/);
  const signed = ledger.sign(ledger.last.view, 0, true);
  assert.equal(signed.endsChunk, true);
  assert.equal(describeEntry(signed.bytes).endsChunk, true);
  assert.equal(ledger.base(signed.seqno).seqno, signed.seqno);
  assert.throws(() => ledger.snapshot(signed.seqno), /committed/);
});

test('NET: who leaves is known until the removal is recorded as committed, also in a snapshot', () => {
  const [b, c] = [addNode(identity), addNode(identity)];
  const ids = [identity, b, c].map(({ nodeId }) => nodeId).sort();
  const ledger = makeLedger(service);
  const entries = [ledger.append({ view: 2, publicMaps: genesisMaps([identity, b, c]), privateMaps: none })];
  const retired = nodesMaps({ [b.nodeId]: { status: 'Retired' }, [c.nodeId]: { status: 'Retired' } });
  entries.push(ledger.append({ view: 2, publicMaps: retired, privateMaps: none }));
  const gone = nodesMaps({ [b.nodeId]: { status: 'Retired', retired_committed: true } });
  const entry = ledger.append({ view: 2, publicMaps: gone, privateMaps: none });
  entries.push(entry);
  assert.deepEqual(entry.retiredCommitted, [b.nodeId]);
  assert.equal(entry.configuration, undefined);
  const made = makeSnapshot(ledger, entries);
  const { base } = openSnapshot(made.bytes, { secrets });
  assert.deepEqual(base.leaving, [c.nodeId]);
  assert.deepEqual(base.configuration.nodes, [identity.nodeId]);
  assert.deepEqual(base, ledger.base(made.seqno));

  // Entries that are described before they are added, each after the one before it.
  let current = ledger.configurationAt(0) ?? [];
  const told = entries.slice(0, 3).map(({ bytes }) => {
    const { configuration } = describeEntry(bytes, { configuration: current });
    current = configuration ?? current;
    return configuration;
  });
  assert.deepEqual(told, [ids, [identity.nodeId], undefined]);
  const verifier = createLedger({ serviceCertificate, secrets });
  const opened = entries.map(({ bytes }) => verifier.open(bytes));
  for (const each of opened) verifier.add(each);
  assert.deepEqual(verifier.configuration, [identity.nodeId]);
});
