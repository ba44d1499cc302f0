import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import {
  encodeMaps,
  encodeSecretRow,
  formerIn,
  type Ledger,
  ledgerTables,
  openSnapshot,
  readSecretRow,
  secretDigest,
  secretFor,
  singletonKey,
} from './index.js';
import { makeLedger, makeService, none, oneRow } from './synthetic.test.js';

const service = makeService();
const { nodeId } = service.identity;
const batch = { view: 2, publicMaps: none, privateMaps: oneRow('app', 'k', 'v') };
/** Stands for sealing: what a node opens is what it was given. */
const sealed = (value: number): Uint8Array => new Uint8Array(32).fill(value);

function ledger(openSecret?: (bytes: Uint8Array) => Uint8Array | undefined): Ledger {
  return makeLedger(service, openSecret && { openSecret });
}

/** A row that tells `secret`. */
function rowOf(secret: Uint8Array, nodes: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const digest = secretDigest(secret);
  return encodeSecretRow({ epoch: 2, atMs: 5, digest, actors: '00'.repeat(32), nodes, former: [] });
}

function rekeyed(to: Ledger, key: number, nodes = { [nodeId]: sealed(key) }) {
  const value = rowOf(sealed(key), nodes);
  const publicMaps = encodeMaps([
    { table: ledgerTables.ledgerSecrets, puts: [{ key: singletonKey, value }], removes: [] },
  ]);
  return to.append({ view: 2, publicMaps, privateMaps: none });
}

const itself = (bytes: Uint8Array): Uint8Array => bytes;

test('entries after one that tells a secret are sealed under it, and only who was told opens them (MIT-4)', () => {
  const primary = ledger(itself);
  const before = primary.append(batch);
  const rekey = rekeyed(primary, 7);
  const after = primary.append(batch);
  assert.deepEqual(
    primary.secrets.map(({ fromSeqno }) => fromSeqno),
    [1, 3],
  );

  const told = ledger(itself);
  for (const { bytes } of [before, rekey, after]) told.add(told.open(bytes));
  assert.deepEqual(told.root(), primary.root());

  const left = ledger(() => undefined);
  for (const { bytes } of [before, rekey]) left.add(left.open(bytes));
  assert.equal(left.untoldFrom, 3);
  assert.throws(() => left.open(after.bytes), { code: 'COCO_LEDGER_ENTRY_SECRET' });
  left.addSecrets(primary.secrets);
  assert.equal(left.untoldFrom, undefined);
  left.add(left.open(after.bytes));
  assert.deepEqual(left.root(), primary.root());
});

test('entries of one message are opened before they are added, with what those before them told', () => {
  const primary = ledger(itself);
  const entries = [rekeyed(primary, 7), primary.append(batch), rekeyed(primary, 8), primary.append(batch)];
  const backup = ledger(itself);
  const ahead = backup.secretsAfter(0);
  for (const { bytes } of entries) ahead.follow(backup.open(bytes, undefined, ahead));
  assert.equal(ahead.all.length, 3);
  assert.equal(backup.secrets.length, 1);
});

test('entries instead of others are opened with what held before those', () => {
  const backup = ledger(itself);
  const primary = ledger(itself);
  const first = primary.append(batch);
  backup.add(backup.open(first.bytes));
  rekeyed(backup, 7);
  const others = [primary.append(batch), primary.append(batch)];
  assert.throws(() => others.map(({ bytes }) => backup.open(bytes)), {
    code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC',
  });
  const ahead = backup.secretsAfter(1);
  for (const { bytes } of others) backup.open(bytes, undefined, ahead);
});

test('a secret goes with the entry that told it, whoever told it too', () => {
  const primary = ledger(itself);
  primary.append(batch);
  rekeyed(primary, 7);
  primary.rollback(1);
  assert.equal(primary.secrets.length, 1);
  const other = ledger(itself);
  other.addSecrets([{ fromSeqno: 3, key: sealed(7) }]);
  other.append(batch);
  assert.equal(other.secrets.length, 1, 'no entry says yet that it counts');
  rekeyed(other, 7);
  assert.equal(other.secrets.length, 2);
  other.rollback(1);
  assert.equal(other.secrets.length, 1);
});

test('CONF-3: a secret that was brought back counts for the entry that tells that one, and for no other', () => {
  const told = ledger(itself);
  const [first, other] = [told.append(batch), rekeyed(told, 7)];
  const after = told.append(batch);
  // A node that is started anew opens no copy; it was brought back what was there when it started, and what was not.
  for (const handed of [7, 8]) {
    const again = makeLedger(service, {
      secrets: [...service.secrets, { fromSeqno: 3, key: sealed(handed) }],
      openSecret: () => undefined,
    });
    for (const { bytes } of [first, other]) again.add(again.open(bytes));
    assert.equal(again.untoldFrom, handed === 7 ? undefined : 3);
    again.addSecrets([{ fromSeqno: 3, key: sealed(9) }]);
    assert.equal(again.untoldFrom, handed === 7 ? undefined : 3, 'nobody can say otherwise');
    again.addSecrets([{ fromSeqno: 3, key: sealed(7) }]);
    again.add(again.open(after.bytes));
  }
});

test('what was brought back for an entry that was rolled back seals nothing that follows instead', () => {
  const again = makeLedger(service, {
    secrets: [...service.secrets, { fromSeqno: 3, key: sealed(7) }],
    openSecret: () => undefined,
  });
  const primary = ledger(itself);
  const [first, second, third] = [primary.append(batch), primary.append(batch), primary.append(batch)];
  for (const { bytes } of [first, second, third]) again.add(again.open(bytes));
  assert.deepEqual(again.root(), primary.root());
});

test('CONF-1: a snapshot that is sealed while its secret is forgotten is sealed under that secret', () => {
  const primary = ledger(itself);
  primary.append(batch);
  primary.sign(2, 0, true);
  primary.compact(2);
  const [old] = primary.secrets.map(({ fromSeqno, key }) => ({ fromSeqno, key: key.slice() }));
  assert.ok(old !== undefined);
  const sealer = primary.snapshot(2);
  rekeyed(primary, 7);
  primary.sign(2);
  primary.compact(4);
  primary.forgetSecrets(4);
  assert.deepEqual(
    primary.secrets.map(({ fromSeqno }) => fromSeqno),
    [4],
  );
  assert.equal(openSnapshot(sealer.finish().bytes, { secrets: [old] }).base.seqno, 2);
});

test('CONF-2: of what entries told there is one copy, which is wiped when it is forgotten, or goes with its entry', () => {
  const primary = ledger(itself);
  const entries = [rekeyed(primary, 7), rekeyed(primary, 8)];
  const backup = ledger(itself);
  const ahead = backup.secretsAfter(0);
  const opened = entries.map(({ bytes }) => {
    const one = backup.open(bytes, undefined, ahead);
    ahead.follow(one);
    return one;
  });
  for (const one of opened) backup.add(one);
  backup.sign(2);
  const [, seven, eight] = backup.secrets.map(({ key }) => key);
  assert.deepEqual([seven?.[0], eight?.[0]], [7, 8]);
  assert.ok(seven === opened[0]?.secret?.key && eight === opened[1]?.secret?.key);
  backup.rollback(1);
  assert.deepEqual([seven?.[0], eight?.[0]], [7, 0]);
  const other = ledger(itself);
  rekeyed(other, 7);
  backup.add(backup.open(rekeyed(other, 9).bytes));
  backup.compact(2);
  backup.forgetSecrets(3);
  assert.equal(seven?.[0], 0);
  assert.deepEqual(
    backup.secrets.map(({ key }) => key[0]),
    [9],
  );
});

test('what is handed in is copied: whoever hands it in wipes it', () => {
  const primary = ledger(itself);
  const { bytes } = rekeyed(primary, 7);
  const backup = ledger(() => undefined);
  const given = sealed(7);
  backup.addSecrets([{ fromSeqno: 2, key: given }]);
  given.fill(0);
  backup.add(backup.open(bytes));
  assert.deepEqual(backup.secrets[1]?.key, sealed(7));
});

test('what an entry told that is committed holds', () => {
  const primary = ledger(itself);
  primary.append(batch);
  rekeyed(primary, 7);
  primary.sign(2);
  primary.compact(2);
  primary.addSecrets([{ fromSeqno: 3, key: sealed(8) }]);
  assert.equal(primary.secrets[1]?.key[0], 7, 'nobody can say otherwise afterwards');
});

test('a row that is malformed tells nobody anything', () => {
  for (const text of [
    '',
    '[]',
    '{}',
    '{"nodes":7}',
    `{"nodes":{"${nodeId}":7}}`,
    `{"nodes":{"${nodeId}":"*"}}`,
  ]) {
    assert.equal(secretFor(utf8(text), nodeId), undefined);
  }
  assert.deepEqual(formerIn(utf8('{"former":["a",7]}')), ['a']);
  assert.deepEqual(formerIn(utf8('{')), []);
  assert.equal(secretFor(rowOf(sealed(1), {}), '__proto__'), undefined);
  assert.equal(readSecretRow(utf8('{"epoch":2,"at":5,"digest":"00","actors":"00"}')), undefined);
});

test('a secret that is not the one of which the row speaks is not taken for it', () => {
  const liar = ledger(itself);
  const value = rowOf(sealed(7), { [nodeId]: sealed(8) });
  const publicMaps = encodeMaps([
    { table: ledgerTables.ledgerSecrets, puts: [{ key: singletonKey, value }], removes: [] },
  ]);
  liar.append({ view: 2, publicMaps, privateMaps: none });
  assert.equal(liar.untoldFrom, 2);
});

test('CONF-2: a secret that was forgotten opens nothing, until it is added again; receipts go on', () => {
  const primary = ledger(itself);
  const first = primary.append(batch);
  rekeyed(primary, 7);
  const second = primary.append(batch);
  primary.sign(2);
  const [old] = primary.secrets.map(({ fromSeqno, key }) => ({ fromSeqno, key: key.slice() }));
  assert.ok(old !== undefined);
  primary.forgetSecrets(3);
  assert.equal(primary.secrets.length, 2, 'the log may still lose the entry that ended the epoch');
  primary.compact(4);
  const receipt = primary.receipt(1);
  assert.ok(receipt !== undefined);
  const [held] = primary.secrets;
  primary.forgetSecrets(2);
  assert.equal(primary.secrets.length, 2, 'the epoch is not over yet at the second entry');
  primary.forgetSecrets(3);
  assert.deepEqual(held?.key, new Uint8Array(32), 'its bytes are wiped');
  assert.deepEqual(
    primary.secrets.map(({ fromSeqno }) => fromSeqno),
    [3],
  );
  assert.throws(() => primary.open(first.bytes), { code: 'COCO_LEDGER_ENTRY_SECRET' });
  assert.equal(primary.untoldFrom, undefined, 'it was told once');
  primary.open(second.bytes);
  assert.deepEqual(primary.receipt(1), receipt);
  primary.addSecrets([old]);
  primary.open(first.bytes);
});
