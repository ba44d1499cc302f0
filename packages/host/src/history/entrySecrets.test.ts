import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochRecord } from '@coco/governance';
import { type LedgerSecret, noSecret, secretDigest } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import { broughtBack } from './entrySecrets.js';

const keyOf = (epoch: number): Uint8Array => new Uint8Array(32).fill(epoch);
const at = (seqno: number) => ({ view: 2, seqno });

/** Epoch k begins with entry 10k − 9. */
const epochs: readonly EpochRecord[] = Array.from({ length: 30 }, (_, i) => ({
  epoch: i + 1,
  from: 10 * i + 1,
  atMs: 0,
  digest: secretDigest(keyOf(i + 1)),
  network: '',
  sealed: new Uint8Array(1),
}));

function world() {
  const state = {
    nowMs: 0,
    asked: [] as number[],
    given: [] as LedgerSecret[],
    failure: undefined as Error | undefined,
    atOnce: 0,
    atOnceMax: 0,
  };
  const secrets = broughtBack({
    epochs: () => epochs,
    nowMs: () => state.nowMs,
    async gather(records) {
      state.atOnceMax = Math.max(state.atOnceMax, ++state.atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      state.atOnce--;
      if (state.failure !== undefined) throw state.failure;
      state.asked.push(...records.map(({ epoch }) => epoch));
      const given = records.map(({ epoch, from }) => ({ fromSeqno: from, key: keyOf(epoch) }));
      state.given.push(...given);
      return given;
    },
  });
  return { state, secrets };
}

test('CONF-3: the epoch of an old entry is asked for once, and what stays makes receipts and opens nothing', async () => {
  const { state, secrets } = world();
  const [one, other] = await Promise.all([secrets(at(41)), secrets(at(50))]);
  assert.equal(one, other);
  assert.equal((await secrets(at(45))).commitEvidence(at(45)), one.commitEvidence(at(45)));
  assert.deepEqual(state.asked, [5]);
  assert.equal(one.keyAt(45), undefined);
  assert.ok(
    state.given.every(({ key }) => key.every((byte) => byte === 0)),
    'the secret itself is wiped',
  );
  const later = await secrets(at(51));
  assert.notEqual(later.commitEvidence(at(51)), one.commitEvidence(at(51)));
  assert.deepEqual(state.asked, [5, 6]);
});

test('who asks while too few answer is told so, and nobody is asked again at once (COCO_SECRETS_UNREACHABLE)', async () => {
  const { state, secrets } = world();
  state.failure = new CocoError('COCO_SECRETS_UNREACHABLE', 'too few have answered');
  await assert.rejects(secrets(at(3)), { code: 'COCO_SECRETS_UNREACHABLE' });
  state.failure = undefined;
  await assert.rejects(secrets(at(4)), { code: 'COCO_SECRETS_UNREACHABLE' });
  assert.deepEqual(state.asked, []);
  state.nowMs += 3001;
  await secrets(at(4));
  assert.deepEqual(state.asked, [1]);
});

test('one epoch is brought back at a time; who asks for too many is told to come again (COCO_HOST_HISTORY_BUSY)', async () => {
  const { state, secrets } = world();
  const all = await Promise.allSettled(epochs.map(({ from }) => secrets(at(from))));
  const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as CocoError] : []));
  assert.deepEqual([state.asked.length, refused.length, state.atOnceMax], [16, 14, 1]);
  assert.ok(refused.every(({ code }) => code === 'COCO_HOST_HISTORY_BUSY'));
  await secrets(at(300));
});

test('what the ledger has sealed to nobody cannot be had (COCO_LEDGER_ENTRY_SECRET)', async () => {
  const gather = () => assert.fail('nobody is asked');
  const unsealed = epochs.slice(0, 1).map(({ sealed: _, ...record }) => record);
  for (const known of [[], unsealed]) {
    const secrets = broughtBack({ epochs: () => known, gather, nowMs: () => 0 });
    await assert.rejects(secrets(at(3)), { code: noSecret(at(3)).code });
  }
});
