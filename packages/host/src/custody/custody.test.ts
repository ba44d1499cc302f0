/**
 * What a running node does about secrets that it was not told (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateShareKey } from '@coco/crypto';
import { type NodeView, writeLedgerSecret } from '@coco/governance';
import { silentLog } from '../httpEndpoint.test.js';
import { testIdentity, testNetworkView, testNodeView } from '../identities.test.js';
import { NodeCustody } from './custody.js';
import { actorId, keyTables } from './keyTables.test.js';

/** A node without a share, which was not told the secret of epoch 2, among others that fail. */
function untold({ isSealed = true } = {}) {
  const { store } = keyTables(generateShareKey());
  const transaction = store.begin();
  const digest = 'ab'.repeat(32);
  const made = { digest, nodes: {}, ...(isSealed && { sealed: new Uint8Array(217) }) };
  writeLedgerSecret(transaction, made, { nowMs: 1, from: 20 });
  store.commit(transaction, store.head + 1);
  const nodes: readonly NodeView[] = [testNodeView(testIdentity('other'), { actorId })];
  const known = () => ({ view: testNetworkView({ nodes }), tables: store.read(store.head) });
  const world = { nowMs: 5_000_000, asked: [] as number[], custody: undefined as unknown as NodeCustody };
  world.custody = new NodeCustody({
    nodeId: 'self',
    shareKey: generateShareKey(),
    participant: { look: () => [], share: undefined, shares: [] },
    kept: [],
    epochKeys: { drop: () => undefined },
    committed: known,
    newest: known,
    isCaughtUp: () => true,
    isDurable: () => true,
    untoldFrom: () => 20,
    ask: async () => {
      world.asked.push(world.nowMs);
      throw new Error('it fails');
    },
    tell: async () => undefined,
    onSecrets: () => undefined,
    log: silentLog,
    nowMs: () => world.nowMs,
  });
  return world;
}

test('a node that cannot bring a secret back tries ever more seldom', async () => {
  const world = untold();
  for (let tenths = 0; tenths < 1200; tenths++) {
    world.custody.look();
    await new Promise<void>((resolve) => void setImmediate(resolve));
    world.nowMs += 100;
  }
  world.custody.stop();
  const pauses = world.asked.slice(1).map((at, i) => Math.round((at - (world.asked[i] ?? 0)) / 1000));
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30]);
});

test('what is sealed to nobody is asked of the primary, whether the network has a key by now or not', () => {
  const [sealed, unsealed] = [untold().custody, untold({ isSealed: false }).custody];
  assert.deepEqual(
    [sealed, unsealed].map(({ canBringBack }) => canBringBack),
    [true, false],
  );
  for (const custody of [sealed, unsealed]) custody.stop();
});
