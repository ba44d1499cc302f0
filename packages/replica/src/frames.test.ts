import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@coco/consensus';
import { CocoError, seededRandom } from '@coco/primitives';
import {
  cutEntries,
  decodeFrame,
  encodeAnswerFrame,
  encodeConsensusFrame,
  encodeForwardFrame,
} from './frames.js';

const messages: readonly Message[] = [
  { type: 'appendEntries', view: 3, previous: { view: 2, seqno: 7 }, to: 9, entriesView: 3, commit: 7 },
  { type: 'appendEntriesResponse', view: 3, success: true, last: 9, lastView: 3 },
  { type: 'requestPreVote', view: 3, lastCommittable: { view: 2, seqno: 7 } },
  { type: 'requestPreVoteResponse', view: 3, granted: true },
  { type: 'requestVote', view: 4, lastCommittable: { view: 2, seqno: 7 } },
  { type: 'requestVoteResponse', view: 4, granted: false },
  { type: 'proposeRequestVote', view: 4 },
];
const request = {
  method: 'POST',
  path: '/',
  query: 'a=b',
  headers: { 'content-type': 'application/json' },
  caller: { kind: 'member', id: 'ab', subject: 'CN=m' } as const,
  body: Uint8Array.of(1, 2, 3),
};

test('every consensus message survives the way over the wire', () => {
  for (const message of messages) {
    const frame = decodeFrame(encodeConsensusFrame(message));
    assert.deepEqual(frame, { kind: 'consensus', message, entries: new Uint8Array(0) });
  }
});

test('requests and answers survive the way over the wire (TX-3)', () => {
  assert.deepEqual(decodeFrame(encodeForwardFrame(5, request)), { kind: 'forward', id: 5, request });
  const response = { status: 200, headers: { a: 'b' }, body: Uint8Array.of(9), txId: { view: 2, seqno: 5 } };
  assert.deepEqual(decodeFrame(encodeAnswerFrame(5, response)), { kind: 'answer', id: 5, response });
  assert.deepEqual(decodeFrame(encodeAnswerFrame(5)), { kind: 'answer', id: 5 });
});

test('a malformed frame gives a coded failure and nothing else', () => {
  const random = seededRandom(7);
  const frames = [
    ...messages.map(encodeConsensusFrame),
    encodeForwardFrame(5, request),
    encodeAnswerFrame(5),
  ];
  for (const frame of frames) {
    for (let length = 0; length < frame.length; length++) refusedOrParsed(frame.slice(0, length));
    for (let i = 0; i < 200; i++) {
      const flipped = frame.slice();
      flipped[random.integer(flipped.length)] = random.integer(256);
      refusedOrParsed(flipped);
    }
  }
});

function refusedOrParsed(bytes: Uint8Array): void {
  try {
    decodeFrame(bytes);
  } catch (error) {
    assert.ok(error instanceof CocoError, String(error));
  }
}

test('attached entries are cut by their own sizes, and their number must be the announced one', () => {
  const entry = Uint8Array.of(1, 0, 2, 0, 0, 0, 0, 0, 7, 7);
  const two = Uint8Array.from([...entry, ...entry]);
  assert.deepEqual(cutEntries(two, 2), [entry, entry]);
  for (const [bytes, count] of [
    [two, 1],
    [two, 3],
    [two.subarray(1), 2],
    [two.subarray(0, 19), 2],
  ] as const) {
    assert.throws(() => cutEntries(bytes, count), CocoError);
  }
});
