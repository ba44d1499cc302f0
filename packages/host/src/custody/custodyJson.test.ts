import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateShareKey } from '@coco/crypto';
import { governanceTables } from '@coco/governance';
import { fromUtf8, utf8 } from '@coco/primitives';
import { ledgerNode } from '../entries.test.js';
import { custodyJson } from './custodyJson.js';
import { actorId, keyTables } from './keyTables.test.js';

test('a node tells who can decrypt together, and why shares are not made anew although they should be (CONF-3)', () => {
  const { store } = keyTables(generateShareKey());
  const told = () => custodyJson(store.begin(), { holdsShare: true }, 7) as Record<string, unknown>;
  const { network_key: key, key_trouble: trouble, untold_from: untoldFrom } = told();
  assert.deepEqual([trouble, untoldFrom], [undefined, 7]);
  const { threshold, actors, share_held } = key as Record<string, unknown>;
  assert.deepEqual([threshold, actors, share_held], [1, [actorId], true]);
  const transaction = store.begin();
  const [table, id] = [governanceTables.nodeInfo, utf8(ledgerNode.nodeId)];
  const row = JSON.parse(fromUtf8(transaction.get(table, id) ?? utf8('{}')) ?? '') as object;
  transaction.put(table, id, utf8(JSON.stringify({ ...row, status: 'Retired' })));
  store.commit(transaction, store.head + 1);
  assert.match(String(told()['key_trouble']), /0 actors have a key .* and 1 must be able/);
});
