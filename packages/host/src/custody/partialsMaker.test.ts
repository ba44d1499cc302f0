/**
 * A node makes partial decryptions for others without being held up by them (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartialDecryption } from '@coco/crypto';
import type { HeldShare, SealedEpoch } from './partials.js';
import { createPartialsMaker } from './partialsMaker.js';

const bytes = new Uint8Array(32);
const partial: PartialDecryption = {
  ceremony: bytes,
  actor: 1,
  ciphertext: bytes,
  element: bytes,
  proof: bytes,
};
const held = (actor: number): HeldShare =>
  ({ network: 'ab', share: { ceremony: bytes, actor } }) as unknown as HeldShare;
const epoch = (number: number): SealedEpoch => ({ epoch: number, from: number, digest: 'd', sealed: bytes });

/** Makes nothing before it is let; notes what it was asked for. */
function slowly() {
  const begun: string[] = [];
  const waiting: (() => void)[] = [];
  const maker = createPartialsMaker(async ({ share }, [asked = assert.fail()]) => {
    begun.push(`${share.actor}.${asked.epoch}`);
    await new Promise<void>((resolve) => void waiting.push(resolve));
    return new Map([[asked.epoch, partial]]);
  });
  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const step = async (): Promise<void> => {
    await turn();
    waiting.shift()?.();
    await turn();
  };
  return { maker, begun, step, turn };
}

test('one request after the other, and one of each node', async () => {
  const { maker, begun, step, turn } = slowly();
  const first = maker.make('a', [held(1)], [epoch(1), epoch(2)]);
  const second = maker.make('b', [held(1)], [epoch(3)]);
  assert.ok(!maker.isFree('a') && !maker.isFree('b') && maker.isFree('c'));
  await turn();
  assert.deepEqual(begun, ['1.1']);
  await step();
  await step();
  assert.deepEqual([...((await first)[0] as Map<number, string>).keys()], [1, 2]);
  assert.ok(maker.isFree('a') && !maker.isFree('b'));
  await step();
  await second;
  assert.deepEqual(begun, ['1.1', '1.2', '1.3']);
});

test('what was made for one is there for the next, and for no other share', async () => {
  const { maker, begun, step } = slowly();
  const first = maker.make('a', [held(1)], [epoch(1)]);
  await step();
  await first;
  const second = maker.make('b', [held(1), held(2)], [epoch(1)]);
  await step();
  assert.deepEqual(
    (await second).map((made) => made.size),
    [1, 1],
  );
  assert.deepEqual(begun, ['1.1', '2.1']);
});

test('when too many wait, the next one is to come again', async () => {
  const { maker } = slowly();
  for (let node = 0; node < 16; node++) void maker.make(`${node}`, [held(1)], [epoch(1)]);
  assert.ok(!maker.isFree('another'));
});
