/**
 * What a running node does about secrets that it was not told (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateShareKey, randomBytes } from '@coco/crypto';
import { type NodeView, readNetworkKey, sealSecret, writeLedgerSecret } from '@coco/governance';
import { secretDigest } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import { ledgerNode } from '../entries.test.js';
import { silentLog } from '../httpEndpoint.test.js';
import { testIdentity, testNetworkView, testNodeView } from '../identities.test.js';
import { NodeCustody } from './custody.js';
import { actorId, keyTables } from './keyTables.test.js';

const secret = randomBytes(32);
const epoch = { epoch: 2, from: 20, digest: secretDigest(secret) };

/** A node, by default without a share, which was not told the secret of epoch 2, among others that fail. */
function untold({ isSealed = true, hasShare = false, failure = new Error('it fails') } = {}) {
  const shareKey = generateShareKey();
  const { store, kept } = keyTables(shareKey);
  const transaction = store.begin();
  const networkKey = readNetworkKey(transaction);
  assert.ok(networkKey !== undefined);
  const { sealed } = sealSecret(secret, networkKey, { ...epoch, network: networkKey.network });
  const made = { digest: epoch.digest, nodes: {}, ...(isSealed && { sealed }) };
  writeLedgerSecret(transaction, made, { nowMs: 1, from: epoch.from });
  store.commit(transaction, store.head + 1);
  const nodes: readonly NodeView[] = [
    testNodeView(hasShare ? ledgerNode : testIdentity('other'), { actorId }),
  ];
  const known = () => ({ view: testNetworkView({ nodes }), tables: store.read(store.head) });
  const world = { nowMs: 5_000_000, asked: [] as number[], custody: undefined as unknown as NodeCustody };
  world.custody = new NodeCustody({
    nodeId: hasShare ? ledgerNode.nodeId : 'self',
    shareKey,
    participant: { look: () => [], share: undefined, shares: [] },
    kept: hasShare ? kept : [],
    epochKeys: { drop: () => undefined },
    committed: known,
    newest: known,
    isCaughtUp: () => true,
    isDurable: () => true,
    untoldFrom: () => 20,
    ask: async () => {
      world.asked.push(world.nowMs);
      throw failure;
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

test('a secret is brought back for a node that stands before it, by whoever has a share; where nobody can, there is none', async () => {
  const [helps, unsealed, alone] = [
    untold({ hasShare: true }).custody,
    untold({ hasShare: true, isSealed: false }).custody,
    untold({ failure: new CocoError('COCO_JOIN_UNREACHABLE', 'nobody is there') }).custody,
  ];
  assert.deepEqual(await helps.secretFrom(20), [{ fromSeqno: 20, key: secret }]);
  assert.deepEqual(await helps.secretFrom(21), []);
  assert.deepEqual(await unsealed.secretFrom(20), []);
  assert.deepEqual(await alone.secretFrom(20), []);
  for (const custody of [helps, unsealed, alone]) custody.stop();
});
