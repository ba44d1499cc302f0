import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, seededRandom } from '@coco/primitives';
import { createFrameReader, frameHeader } from './frameReader.js';

test('frames are the same however the stream is cut', () => {
  const random = seededRandom(7);
  const frames = Array.from({ length: 50 }, (_, index) => new Uint8Array(random.integer(300)).fill(index));
  const stream = concatBytes(...frames.flatMap((frame) => [frameHeader(frame.length), frame]));
  for (let round = 0; round < 50; round++) {
    const reader = createFrameReader(300);
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length; ) {
      const end = at + 1 + random.integer(round < 5 ? 3 : 700);
      found.push(...(reader.push(stream.subarray(at, end)) ?? []));
      at = end;
    }
    assert.deepEqual(found, frames);
  }
});

test('a length over the limit is refused before its bytes come', () => {
  const reader = createFrameReader(100);
  assert.deepEqual(reader.push(frameHeader(100)), []);
  assert.equal(createFrameReader(100).push(frameHeader(101)), undefined);
  assert.equal(createFrameReader(100).push(new Uint8Array([255, 255, 255, 255])), undefined);
});
