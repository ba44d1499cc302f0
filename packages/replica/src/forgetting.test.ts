/**
 * Secrets of the ledger are forgotten when they should be, and not before (CONF-2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealEpoch, writeLedgerSecret } from '@coco/governance';
import { createWorld } from '../../governance/dist/testing/world.js';
import { Forgetting } from './forgetting.js';

const digest = (epoch: number): string => String(epoch).repeat(64).slice(0, 64);

/** Epochs 2, 3 and 4 began at 10, 20 and 30 seconds, with the entries 20, 30 and 40; all are sealed unless it is said which. */
function begin({ sealed = [1, 2, 3, 4] }: { readonly sealed?: readonly number[] } = {}) {
  const transaction = createWorld().store.begin();
  transaction.put(
    'public:coco.settings',
    new Uint8Array(8),
    new TextEncoder().encode(JSON.stringify({ secret_hold_seconds: 5 })),
  );
  const bytes = (epoch: number) => (sealed.includes(epoch) ? { sealed: new Uint8Array(48).fill(epoch) } : {});
  for (const epoch of [2, 3, 4]) {
    const at = { nowMs: (epoch - 1) * 10_000, from: epoch * 10 };
    writeLedgerSecret(transaction, { digest: digest(epoch), nodes: {}, ...bytes(epoch) }, at);
  }
  if (sealed.includes(1)) {
    const network = 'ab'.repeat(32);
    sealEpoch(transaction, {
      epoch: 1,
      from: 1,
      atMs: 0,
      digest: digest(1),
      network,
      sealed: new Uint8Array(48),
    });
  }
  const forgotten: number[] = [];
  const held = [1, 20, 30, 40].map((fromSeqno) => ({ fromSeqno, key: new Uint8Array(32) }));
  const forgetting = new Forgetting({
    get settledSecrets() {
      return held;
    },
    forgetSecrets: (before) => void forgotten.push(before),
  });
  const at = (nowMs: number): number | undefined => {
    forgotten.length = 0;
    forgetting.elapsed(1000, nowMs, () => transaction);
    return forgotten[0];
  };
  return { at, held };
}

test('CONF-2: what was over for as long as the members decided is forgotten, and nothing else', () => {
  const { at } = begin();
  assert.equal(at(14_999), undefined, 'epoch 1 is over since 10 s, and is held for 5');
  assert.equal(at(15_000), 20);
  assert.equal(at(24_999), 20);
  assert.equal(at(25_000), 30);
  assert.equal(at(35_000), 40);
  assert.equal(at(1_000_000), 40, 'the present one is never forgotten');
});

test('what the ledger has not sealed to the network’s key is not forgotten', () => {
  assert.equal(begin({ sealed: [4] }).at(1_000_000), undefined);
});

test('with one secret there is nothing to forget, and it is looked but once a second', () => {
  const { at, held } = begin();
  held.length = 1;
  assert.equal(at(1_000_000), undefined);
});
