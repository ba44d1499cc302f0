/**
 * The key of the ledger changes when somebody who knew it is out (MIT-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formerIn, secretFor, singletonKey } from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import { concernsOutsiders, isRekeyDue, secretRecipients, writeLedgerSecret } from './ledgerSecret.js';
import { putRow } from './rows.js';
import { governanceTables as tables } from './tables.js';
import { createWorld } from './testing/world.js';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

/** A network of three nodes, the first two with an epoch key on record. */
function begin() {
  const transaction = createWorld().store.begin();
  const setStatus = (nodeId: string, status: string): void =>
    putRow(transaction, tables.nodeInfo, nodeId, { status });
  const setKey = (nodeId: string, epoch_key: string): void =>
    putRow(transaction, tables.nodeEvidence, nodeId, { platform: 'virtual', code_id: '', at: 1, epoch_key });
  transaction.clear(tables.nodeInfo);
  for (const nodeId of [a, b, c]) setStatus(nodeId, 'Trusted');
  for (const nodeId of [a, b]) setKey(nodeId, nodeId);
  const row = () => transaction.get(tables.ledgerSecrets, singletonKey) as Uint8Array;
  return { transaction, setStatus, setKey, row };
}

const sealed = new Uint8Array(80).fill(5);
const at = { nowMs: 1, from: 3 };
const digest = '77'.repeat(32);

test('MIT-4: a new secret is due when a node has left, until a row says so; and again when it is back', () => {
  const { transaction, setStatus, row } = begin();
  assert.equal(isRekeyDue(transaction, 1), false);
  setStatus(c, 'Retired');
  assert.equal(isRekeyDue(transaction, 1), true);
  writeLedgerSecret(transaction, { digest, nodes: { [a]: sealed, [b]: sealed } }, at);
  assert.equal(isRekeyDue(transaction, 1), false);
  assert.deepEqual(formerIn(row()), [c]);
  assert.deepEqual([secretFor(row(), a), secretFor(row(), c)], [sealed, undefined]);
  setStatus(c, 'Trusted');
  assert.equal(isRekeyDue(transaction, 1), true, 'it knows the secrets again');
  writeLedgerSecret(transaction, { digest, nodes: { [a]: sealed, [b]: sealed, [c]: sealed } }, at);
  assert.equal(isRekeyDue(transaction, 1), false);
  setStatus(c, 'Retired');
  assert.equal(isRekeyDue(transaction, 1), true, 'and has left again');
});

test('a node that left and is forgotten counts as well', () => {
  const { transaction } = begin();
  putRow(transaction, tables.formerNodes, 'd'.repeat(64), {});
  assert.equal(isRekeyDue(transaction, 1), true);
  writeLedgerSecret(transaction, { digest, nodes: {} }, at);
  assert.equal(isRekeyDue(transaction, 1), false);
});

test('the nodes that take part are told; those that have proved nothing yet are named', () => {
  const { transaction, setStatus } = begin();
  setStatus(b, 'Retired');
  const { recipients, keyless } = secretRecipients(transaction);
  assert.deepEqual(
    recipients.map(({ nodeId, epochKey }) => [nodeId, epochKey[31]]),
    [[a, 0xaa]],
  );
  assert.deepEqual(keyless, [c]);
});

test('MIT-4: a node that proved something without a key that can be sealed to keeps nobody from being told', () => {
  const { transaction, setKey } = begin();
  for (const bad of ['short', '', '00'.repeat(32)]) {
    setKey(c, bad);
    const { recipients, keyless } = secretRecipients(transaction);
    assert.deepEqual([recipients.map(({ nodeId }) => nodeId), keyless], [[a, b], []], bad);
  }
});

test('a node that was to join and is off the list may have been told, too', () => {
  const { store, node } = createWorld();
  const before = store.read(store.head);
  const nodeId = node.key.publicKey.fingerprint;
  const after = store.begin();
  putRow(after, tables.nodeInfo, nodeId, { status: 'Retired' });
  assert.equal(concernsOutsiders(before, after), false);
  after.remove(tables.nodeInfo, utf8(nodeId));
  assert.equal(concernsOutsiders(before, after), true);
  putRow(after, tables.formerNodes, nodeId, {});
  assert.equal(concernsOutsiders(before, after), false);
});

test('whoever is out and was about to come back does not keep a secret when it is decided anew whom to trust', () => {
  const { store, node } = createWorld();
  const nodeId = node.key.publicKey.fingerprint;
  const lapsed = { state: 'lapsed', granted_at: 0, expires_at: 0 };
  const decided = (): boolean => {
    const after = store.begin();
    putRow(after, tables.nodeLeases, nodeId, { ...lapsed, granted_at: 1 });
    return concernsOutsiders(store.read(store.head), after);
  };
  assert.equal(decided(), false);
  const out = store.begin();
  putRow(out, tables.nodeInfo, nodeId, { status: 'Retired' });
  putRow(out, tables.nodeLeases, nodeId, lapsed);
  store.commit(out, store.head + 1);
  assert.equal(decided(), true);
});
