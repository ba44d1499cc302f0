/**
 * A node has its share as long as it has its share key (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateShareKey } from '@coco/crypto';
import { readNetworkKey } from '@coco/governance';
import { toHex } from '@coco/primitives';
import { actorId, keyTables } from './keyTables.test.js';
import { ownShares } from './ownShares.js';

test('CONF-3: a share that is not kept is made again from the deals on the ledger', () => {
  const shareKey = generateShareKey();
  const { store, kept } = keyTables(shareKey);
  const tables = store.read(store.head);
  const key = readNetworkKey(tables);
  for (const there of [kept, []]) {
    const [held = assert.fail(), ...others] = ownShares({ tables, actorId, kept: there, shareKey });
    assert.deepEqual(held.share.ceremony, key?.key.ceremony);
    assert.equal(held.network, key?.network);
    assert.equal(others.length, 0);
  }
});

test('CONF-3: a node that stopped just before the end of a ceremony holds the shares of both sides of it', () => {
  const shareKey = generateShareKey();
  const { store, kept } = keyTables(shareKey, { midway: true });
  const tables = store.read(store.head);
  const held = ownShares({ tables, actorId, kept, shareKey });
  const ceremonies = held.map(({ share }) => toHex(share.ceremony));
  assert.equal(ceremonies[0], readNetworkKey(tables)?.ceremony);
  assert.deepEqual(ceremonies.toSorted(), kept.map(({ ceremony }) => ceremony).toSorted());
  const [present, next] = held;
  assert.deepEqual(next?.key.publicKey, present?.key.publicKey);
});

test('who has another share key, or is no actor of the key, holds nothing', () => {
  const shareKey = generateShareKey();
  const { store } = keyTables(shareKey);
  const tables = store.read(store.head);
  assert.deepEqual(ownShares({ tables, actorId, kept: [], shareKey: generateShareKey() }), []);
  assert.deepEqual(ownShares({ tables, actorId: 'ff'.repeat(32), kept: [], shareKey }), []);
});
