import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataBytesMax } from '@coco/governance';
import { concatBytes } from '@coco/primitives';
import { type DataFrame, decodeDataFrame, encodeDataFrame, isDataFrame, partBytesMax } from './dataFrames.js';

const digest = 'ab'.repeat(32);
const salt = new Uint8Array(32).fill(7);
const frames: readonly DataFrame[] = [
  { type: 'offer', digest, size: dataBytesMax, parties: ['0a'.repeat(32), '0b'.repeat(32)] },
  { type: 'answer', digest, outcome: 'full' },
  { type: 'ask', digest, offset: 12 },
  { type: 'part', digest, offset: 1, size: 4, salt, bytes: Uint8Array.of(1, 2, 3) },
  { type: 'none', digest },
  { type: 'withdraw', digest },
];

test('frames about data say again what they said', () => {
  for (const frame of frames) {
    const bytes = encodeDataFrame(frame);
    assert.ok(isDataFrame(bytes));
    assert.deepEqual(decodeDataFrame(bytes), frame);
  }
  for (const kind of [0, 1, 2]) assert.ok(!isDataFrame(Uint8Array.of(kind)), 'those of the replica');
});

test('a frame that is cut, longer, or over a limit is refused with a code', () => {
  const refused = { code: 'COCO_DATA_FRAME' };
  for (const frame of frames) {
    const bytes = encodeDataFrame(frame);
    const shortest = frame.type === 'part' ? bytes.length - frame.bytes.length : bytes.length;
    for (let length = 1; length < shortest; length++) {
      assert.throws(() => decodeDataFrame(bytes.subarray(0, length)), refused, `${frame.type} of ${length}`);
    }
    assert.throws(() => decodeDataFrame(concatBytes(bytes, new Uint8Array(partBytesMax))), refused);
  }
  const wrong: readonly DataFrame[] = [
    { type: 'offer', digest, size: dataBytesMax + 1, parties: [digest] },
    { type: 'offer', digest, size: 1, parties: [digest, digest] },
    { type: 'offer', digest, size: 1, parties: ['0b'.repeat(32), '0a'.repeat(32)] },
    { type: 'ask', digest, offset: dataBytesMax + 1 },
    { type: 'part', digest, offset: 2, size: 4, salt, bytes: Uint8Array.of(1, 2, 3) },
    { type: 'part', digest, offset: 0, size: dataBytesMax + 1, salt, bytes: Uint8Array.of(1) },
  ];
  for (const frame of wrong) assert.throws(() => decodeDataFrame(encodeDataFrame(frame)), refused);
  const many = Array.from({ length: 65 }, (_, at) => at.toString(16).padStart(64, '0'));
  assert.throws(
    () => decodeDataFrame(encodeDataFrame({ type: 'offer', digest, size: 1, parties: many })),
    refused,
  );
  assert.throws(() => decodeDataFrame(Uint8Array.of(16, 9, ...new Uint8Array(32))), refused);
  const answer = encodeDataFrame({ type: 'answer', digest, outcome: 'held' });
  answer[answer.length - 1] = 4;
  assert.throws(() => decodeDataFrame(answer), refused);
});
