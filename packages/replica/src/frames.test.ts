import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@coco/consensus';
import { ByteWriter, CocoError, seededRandom, utf8 } from '@coco/primitives';
import { encodeConsensusFrame } from './consensusFrames.js';
import { cutEntries, decodeFrame, encodeAnswerFrame, encodeForwardFrame } from './frames.js';

const appended: Message = {
  type: 'appendEntries',
  view: 3,
  previous: { view: 2, seqno: 7 },
  to: 9,
  entriesView: 3,
  commit: 7,
};
const doubt = { view: 3, signed: { view: 2, seqno: 7 } };
const messages: readonly Message[] = [
  appended,
  { type: 'appendEntriesResponse', view: 3, success: true, last: 9, lastView: 3 },
  { type: 'requestPreVote', view: 3, lastCommittable: { view: 2, seqno: 7 } },
  { type: 'requestPreVoteResponse', view: 3, granted: true },
  { type: 'requestVote', view: 4, lastCommittable: { view: 2, seqno: 7 } },
  { type: 'requestVoteResponse', view: 4, granted: false },
  { type: 'proposeRequestVote', view: 4 },
  { ...appended, clearance: { life: 9 }, life: 2 ** 32 - 1 },
  { ...appended, clearance: { life: 9, fence: 12 } },
  {
    ...appended,
    clearance: { life: 9, remembered: { view: 4, signed: { view: 3, seqno: 9 }, signedInView: 4 } },
  },
  { type: 'appendEntriesResponse', view: 3, success: false, last: 9, lastView: 3, life: 1, doubt },
  { type: 'requestPreVoteResponse', view: 3, granted: true, askedBy: 5, doubt },
  { type: 'requestVoteResponse', view: 4, granted: false, life: 7, askedBy: 5 },
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

/** A frame of this kind whose head is `head`. */
function headed(kind: 1 | 2, head: unknown): Uint8Array {
  const writer = new ByteWriter().u8(kind).u64(5);
  if (kind === 2) writer.u8(0);
  return writer.sized32(utf8(typeof head === 'string' ? head : JSON.stringify(head))).finish();
}

test('the head of a request or an answer that no node sends is refused (ARC-3)', () => {
  const { body: _, ...good } = request;
  const long = 'x'.repeat(70_000);
  const headers: readonly unknown[] = [
    null,
    [],
    'a',
    { a: 5 },
    { A: 'b' },
    { 'a b': 'c' },
    { a: 'b\r\nc: d' },
    { a: '\u20ac' },
    { a: long },
    Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`h${i}`, ''])),
    JSON.parse('{"__proto__":"a"}'),
  ];
  const answers: readonly unknown[] = [
    'null',
    '[]',
    '{"status":1e999,"headers":{}}',
    ...headers.map((one) => ({ status: 200, headers: one })),
    ...[99, 100, 600, 200.5, -1, '200', null].map((status) => ({ status, headers: {} })),
    ...[null, 5, 'a', {}, { view: 1 }, { view: -1, seqno: 1 }, { view: 1, seqno: 2 ** 53 }].map((txId) => ({
      status: 200,
      headers: {},
      txId,
    })),
    { status: 200, headers: { 'content-length': '5' } },
    { status: 200, headers: { 'x-ms-ccf-transaction-id': '2.5' } },
  ];
  const requests: readonly unknown[] = [
    ...headers.map((one) => ({ ...good, headers: one })),
    { ...good, method: 5 },
    { ...good, path: long },
    { ...good, query: null },
    ...[null, 'a', {}, { kind: 'operator', id: 'a' }, { kind: 'member' }, { kind: 'member', id: long }].map(
      (caller) => ({ ...good, caller }),
    ),
    { ...good, caller: { kind: 'member', id: 'a', subject: 5 } },
    `${' '.repeat(2 ** 20)}{}`,
  ];
  const refused = (frame: Uint8Array, what: unknown): void =>
    assert.throws(() => decodeFrame(frame), { code: 'COCO_REPLICA_FRAME' }, JSON.stringify(what));
  for (const head of answers) refused(headed(2, head), head);
  for (const head of requests) refused(headed(1, head), head);
  decodeFrame(headed(1, good));
  decodeFrame(headed(2, { status: 200, headers: { etag: 'a' } }));
});

test('a view that no entry could have is refused: who took it over could never write again', () => {
  for (const view of [2 ** 31, 2 ** 52]) {
    for (const message of messages)
      assert.throws(() => decodeFrame(encodeConsensusFrame({ ...message, view })), {
        code: 'COCO_REPLICA_FRAME',
      });
  }
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
    assert.ok(error instanceof CocoError && error.code === 'COCO_REPLICA_FRAME', String(error));
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
    [two.subarray(0, 11), 2],
    [two.subarray(0, 1), 1],
    [two, -1],
    [entry, 0],
    [new Uint8Array(0), 1],
  ] as const) {
    assert.throws(() => cutEntries(bytes, count), { code: 'COCO_REPLICA_FRAME' });
  }
});
