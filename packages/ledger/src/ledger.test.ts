import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, toHex } from '@coco/primitives';
import { decodeMaps, describeEntry, encodeMaps, type Ledger, type SealedEntry } from './index.js';
import {
  addNode,
  genesisMaps,
  makeLedger,
  makeService,
  makeVerifier,
  none,
  oneRow,
  writeLedger,
} from './synthetic.test.js';

const service = makeService();

function follow(ledger: Ledger, entries: readonly SealedEntry[]): Ledger {
  for (const { bytes } of entries) ledger.add(ledger.open(bytes));
  return ledger;
}

const batch = { publicMaps: none, privateMaps: oneRow('app', 'k', 'v') };

test('what one node writes, another opens, checks and continues with the same root', () => {
  const primary = makeLedger(service);
  const entries = writeLedger(primary, service, seededRandom(11), 60);
  const backup = follow(makeVerifier(service), entries);
  assert.deepEqual(backup.root(), primary.root());
  assert.deepEqual(backup.last, primary.last);
  assert.deepEqual(backup.configuration, [service.identity.nodeId]);
  for (const { bytes, ...description } of entries.slice(1))
    assert.deepEqual(describeEntry(bytes), description);
});

test('a node opens what it sealed itself', () => {
  const ledger = makeLedger(service);
  const claimsDigest = new Uint8Array(32).fill(4);
  const { bytes } = ledger.append({ view: 2, ...batch, claimsDigest });
  const opened = ledger.open(bytes);
  assert.deepEqual(decodeMaps(opened.privateMaps), decodeMaps(batch.privateMaps));
  assert.deepEqual(opened.claimsDigest, claimsDigest);
});

test('no IV is used twice: not after a rollback, not in an older view (reliability: nonces)', () => {
  const ledger = makeLedger(service);
  ledger.append({ view: 2, ...batch });
  ledger.sign(2);
  const lost = ledger.append({ view: 2, ...batch });
  ledger.rollback(2);
  assert.throws(() => ledger.append({ view: 2, ...batch }), /no IV is used twice/);
  assert.throws(() => ledger.append({ view: 1, ...batch }), { name: 'AssertionError' });
  const again = ledger.append({ view: 3, ...batch });
  assert.equal(again.seqno, lost.seqno);
  assert.notDeepEqual(again.bytes.subarray(24, 36), lost.bytes.subarray(24, 36));

  const random = seededRandom(5);
  const used = new Set<string>();
  let view = 4;
  ledger.sign(3);
  let signed = ledger.last.seqno;
  for (let i = 0; i < 500; i++) {
    if (random.integer(5) === 0) {
      ledger.rollback(signed);
      view += 1;
    }
    const sign = random.integer(3) === 0 && ledger.last.seqno > signed;
    const entry = sign || ledger.last.view < view - 1 ? ledger.sign(view) : ledger.append({ view, ...batch });
    if (entry.signature) signed = entry.seqno;
    const iv = toHex(entry.bytes.subarray(24, 36));
    assert.ok(!used.has(iv));
    used.add(iv);
  }
});

test('after a rollback the ledger is as if the rolled-back entries had never been', () => {
  const other = addNode(service.identity);
  const ledger = makeLedger(service);
  const kept = writeLedger(ledger, service, seededRandom(2), 5);
  const root = ledger.root();
  const last = ledger.last;
  ledger.append({ view: last.view, publicMaps: genesisMaps([service.identity, other]), privateMaps: none });
  assert.equal(ledger.configuration.length, 2);
  ledger.sign(last.view);
  ledger.rollback(last.seqno);
  assert.deepEqual(ledger.root(), root);
  assert.deepEqual(ledger.last, last);
  assert.deepEqual(ledger.configuration, [service.identity.nodeId]);
  const next = [ledger.append({ view: last.view + 1, ...batch }), ledger.sign(last.view + 1)];
  assert.deepEqual(follow(makeVerifier(service), [...kept, ...next]).root(), ledger.root());
});

test('an entry is added only where it follows, and a view begins only after a signature', () => {
  const primary = makeLedger(service);
  const [first, second] = [primary.append({ view: 2, ...batch }), primary.append({ view: 2, ...batch })];
  const code = 'COCO_LEDGER_ENTRY_ORDER';
  const backup = makeVerifier(service);
  assert.throws(() => backup.add(backup.open((second as SealedEntry).bytes)), { code });
  backup.add(backup.open((first as SealedEntry).bytes));
  const usurper = makeLedger(service);
  usurper.append({ view: 2, ...batch });
  usurper.sign(2);
  usurper.rollback(1);
  assert.throws(() => usurper.append({ view: 3, ...batch }), /views ascend/);
  const other = makeLedger(service);
  const ahead = [other.append({ view: 3, ...batch }), other.append({ view: 3, ...batch })][1] as SealedEntry;
  assert.throws(() => backup.add(backup.open(ahead.bytes)), { code });
  assert.deepEqual(backup.last, { view: 2, seqno: 1 });
});

test('a signature over anything else than this ledger is refused, and nothing is added', () => {
  const mine = makeLedger(service);
  const backup = follow(makeVerifier(service), [mine.append({ view: 2, ...batch })]);
  const root = backup.root();
  const others = makeLedger(service);
  others.append({ view: 2, publicMaps: none, privateMaps: oneRow('app', 'k', 'other') });
  const foreign = makeLedger({ ...makeService(), secrets: service.secrets });
  foreign.append({ view: 2, ...batch });
  for (const [ledger, code] of [
    [others, 'COCO_LEDGER_SIGNATURE_ROOT'],
    [foreign, 'COCO_LEDGER_SIGNATURE_CERTIFICATE'],
  ] as const) {
    const { bytes } = ledger.sign(2);
    assert.throws(() => backup.add(backup.open(bytes)), { code });
    assert.deepEqual(backup.root(), root);
    assert.equal(backup.last.seqno, 1);
  }
  backup.add(backup.open(mine.sign(2).bytes));
});

test('a signature must be by the node and by the service, and be all that its entry writes', () => {
  const mine = makeLedger(service);
  const backup = follow(makeVerifier(service), [mine.append({ view: 2, ...batch })]);
  const signed = backup.open(mine.sign(2).bytes);
  const tables = decodeMaps(signed.publicMaps);
  const without = (table: string) => tables.filter((one) => one.table !== `public:ccf.internal.${table}`);
  const extra = [...decodeMaps(oneRow('public:a', 'k', 'v')), ...tables];
  for (const [changed, code] of [
    [without('signatures'), 'COCO_LEDGER_SIGNATURE_MISSING'],
    [without('cose_signatures'), 'COCO_LEDGER_SIGNATURE_MISSING'],
    [without('tree'), 'COCO_LEDGER_SIGNATURE_MALFORMED'],
    [extra, 'COCO_LEDGER_SIGNATURE_MALFORMED'],
  ] as const) {
    assert.throws(() => backup.add({ ...signed, publicMaps: encodeMaps(changed) }), { code });
  }
  const claims = { ...signed, claimsDigest: new Uint8Array(32).fill(1) };
  assert.throws(() => backup.add(claims), { code: 'COCO_LEDGER_SIGNATURE_MALFORMED' });
  const secret = { ...signed, privateMaps: batch.privateMaps };
  assert.throws(() => backup.add(secret), { code: 'COCO_LEDGER_SIGNATURE_MALFORMED' });
});

test('a signature is good at its own place only: one of another view over the same root is refused', () => {
  const primary = makeLedger(service);
  const backup = follow(makeVerifier(service), [primary.append({ view: 2, ...batch }), primary.sign(2)]);
  const signed = backup.open(primary.sign(2).bytes);
  primary.rollback(2);
  const other = decodeMaps(backup.open(primary.sign(3).bytes).publicMaps);
  for (const table of ['public:ccf.internal.signatures', 'public:ccf.internal.cose_signatures']) {
    const mixed = decodeMaps(signed.publicMaps).filter((one) => one.table !== table);
    mixed.push(...other.filter((one) => one.table === table));
    const publicMaps = encodeMaps(mixed.toSorted((a, b) => (a.table < b.table ? -1 : 1)));
    assert.throws(() => backup.add({ ...signed, publicMaps }), { code: 'COCO_LEDGER_SIGNATURE_MALFORMED' });
  }
  backup.add(signed);
});

test('every changed bit of a signature transaction’s public domain is refused', () => {
  const mine = makeLedger(service);
  const backup = follow(makeVerifier(service), [mine.append({ view: 2, ...batch })]);
  const signed = backup.open(mine.sign(2).bytes);
  const random = seededRandom(8);
  for (let at = 0; at < signed.publicMaps.length; at++) {
    const publicMaps = signed.publicMaps.slice();
    publicMaps[at] = (publicMaps[at] as number) ^ (1 << random.integer(8));
    assert.throws(() => backup.add({ ...signed, publicMaps }), { code: /^COCO_LEDGER_(SIGNATURE|MAPS)_/ });
  }
});

test('nodes sign on P-384 as well, through the preimage of the root', () => {
  const larger = makeService('P-384');
  const primary = makeLedger(larger);
  const entries = [primary.append({ view: 2, ...batch }), primary.sign(2), primary.sign(2)];
  assert.deepEqual(follow(makeVerifier(larger), entries).root(), primary.root());
});

test('a verifier makes no entries', () => {
  const ledger = makeVerifier(service);
  assert.throws(() => ledger.append({ view: 2, ...batch }), /only a ledger with an identity/);
  assert.throws(() => ledger.sign(2), /only a ledger with an identity/);
});

test('chunks end with a signature once they are long enough, on every node at the same place', () => {
  const primary = makeLedger(service, { chunkBytes: 20_000 });
  const entries = writeLedger(primary, service, seededRandom(4), 60);
  const ends = entries.filter(({ endsChunk }) => endsChunk);
  assert.ok(ends.length > 5);
  assert.ok(ends.every(({ signature }) => signature));
  let size = 0;
  for (const entry of entries) {
    size += entry.size;
    if (entry.signature) assert.equal(entry.endsChunk === true, size >= 20_000);
    if (entry.endsChunk) size = 0;
  }
});
