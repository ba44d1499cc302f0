/**
 * Secrets of the ledger are forgotten when they should be, and not before (CONF-2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginDealing, type Ceremony, finishKey, randomBytes } from '@coco/crypto';
import {
  type EpochRecord,
  governanceTables,
  readEpoch,
  sealEpoch,
  sealSecret,
  writeLedgerSecret,
} from '@coco/governance';
import { secretDigest, singletonKey } from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import { writeNetworkKey } from '../../governance/dist/testing/keyRows.js';
import { createWorld } from '../../governance/dist/testing/world.js';
import { Forgetting } from './forgetting.js';

const secretOf = (epoch: number): Uint8Array => new Uint8Array(32).fill(epoch);
/** A key of one actor, which is all that sealing needs. */
function makeKey() {
  const ceremony: Ceremony = {
    network: new Uint8Array(32),
    id: randomBytes(32),
    threshold: 1,
    actors: ['a'],
  };
  const { deal } = beginDealing({ ceremony, dealer: 1, random: randomBytes });
  const finished = finishKey(ceremony, [deal]);
  assert.ok(finished.kind === 'made');
  const rest = { generation: 1, holders: { a: [] }, threshold: 1, madeAtMs: 1, begunAtMs: 1, counted: [1] };
  const more = { confirmed: [], earlier: [], keyThreshold: 0, served: {} };
  return { key: finished.key, ceremony, ...rest, ...more };
}

const made = makeKey();

/** Epochs 2, 3 and 4 began at 10, 20 and 30 seconds, with the entries 20, 30 and 40; `sealed` says of which secret each row has what. */
function begin(sealed: readonly number[] = [1, 2, 3, 4]) {
  const transaction = createWorld().store.begin();
  writeNetworkKey(transaction, made);
  transaction.put(governanceTables.settings, singletonKey, utf8(JSON.stringify({ secret_hold_seconds: 5 })));
  const genesis: EpochRecord = { epoch: 1, from: 1, atMs: 0, digest: '', network: 'ab'.repeat(32) };
  for (const [index, of] of sealed.entries()) {
    const epoch = index + 1;
    const digest = secretDigest(secretOf(epoch));
    const at = { nowMs: (epoch - 1) * 10_000, from: epoch * 10 };
    if (epoch > 1) writeLedgerSecret(transaction, { digest, nodes: {} }, at);
    const record = { ...(readEpoch(transaction, epoch) ?? genesis), digest };
    const bytes = sealSecret(secretOf(of), made, record).sealed;
    if (of !== 0) sealEpoch(transaction, { ...record, sealed: bytes });
  }
  const forgotten: number[] = [];
  const held = [1, 2, 3, 4].map((epoch) => ({
    fromSeqno: epoch === 1 ? 1 : epoch * 10,
    key: secretOf(epoch),
  }));
  const forgetting = new Forgetting({
    get secrets() {
      return held;
    },
    forgetSecrets: (before) => void forgotten.push(before),
  });
  const at = (nowMs: number): number | undefined => {
    forgotten.length = 0;
    forgetting.elapsed(1000, nowMs, () => transaction);
    return forgotten[0];
  };
  return { at, held, forgetting };
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

test('CONF-4: what the ledger does not have as the actors could bring it back is not forgotten, nor what follows, and it is told', () => {
  for (const sealed of [
    [1, 0, 3, 4],
    [1, 9, 3, 4],
  ]) {
    const { at, forgetting } = begin(sealed);
    assert.equal(at(1_000_000), 20, 'the first epoch was good');
    assert.match(forgetting.trouble ?? '', /the secret of epoch 2 is kept in memory/);
  }
});

test('one that was brought back is forgotten again, though others between are not known', () => {
  const { at, held } = begin();
  held.splice(1, 2);
  assert.equal(at(1_000_000), 20);
});

test('with one secret there is nothing to forget', () => {
  const { at, held } = begin();
  held.length = 1;
  assert.equal(at(1_000_000), undefined);
});
