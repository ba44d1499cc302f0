/** ARC-3: what crosses between manager and worker is a narrow list of messages, and nothing else gets through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, CocoError, seededRandom } from '@coco/primitives';
import type { FromWorker, ToWorker } from './boundary.js';
import { decodeFromWorker, encodeFromWorker } from './fromWorkerCodec.js';
import { createMessageMaker } from './testing/messages.js';
import { decodeToWorker, encodeToWorker } from './toWorkerCodec.js';

interface Direction<Message> {
  readonly name: string;
  readonly make: (seed: number) => () => Message;
  readonly encode: (message: Message, writer: ByteWriter) => void;
  readonly decode: (bytes: Uint8Array) => Message;
  readonly types: number;
}

const toWorker: Direction<ToWorker> = {
  name: 'to the worker',
  make: (seed) => createMessageMaker(seededRandom(seed)).toWorker,
  encode: encodeToWorker,
  decode: decodeToWorker,
  types: 14,
};
const fromWorker: Direction<FromWorker> = {
  name: 'from the worker',
  make: (seed) => createMessageMaker(seededRandom(seed)).fromWorker,
  encode: encodeFromWorker,
  decode: decodeFromWorker,
  types: 8,
};

function encoded<Message>({ encode }: Direction<Message>, message: Message): Uint8Array {
  const writer = new ByteWriter(16);
  encode(message, writer);
  return writer.finish().slice();
}

/** True when it was a message after all; fails on any other error than the one of this codec. */
function survives<Message>(direction: Direction<Message>, bytes: Uint8Array): boolean {
  let message: Message;
  try {
    message = direction.decode(bytes);
  } catch (error) {
    assert.ok(error instanceof CocoError && error.code === 'COCO_ADAPTER_MESSAGE', String(error));
    return false;
  }
  // Whatever is let through has this encoding and no other, JSON apart, where blanks mean nothing.
  if ((message as { type: string }).type !== 'genesis')
    assert.deepEqual(encoded(direction, message), new Uint8Array(bytes));
  return true;
}

function codecTests<Message extends { readonly type: string }>(direction: Direction<Message>): void {
  const { name, make, decode, types } = direction;

  test(`every message ${name} comes out as it went in, and always as the same bytes`, () => {
    const next = make(1);
    const seen = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const message = next();
      const bytes = encoded(direction, message);
      assert.deepEqual(decode(bytes), message);
      assert.deepEqual(encoded(direction, structuredClone(message)), bytes);
      seen.add(message.type);
    }
    assert.equal(seen.size, types);
  });

  test(`a message ${name} that is cut short, goes on, or is of another direction is refused`, () => {
    const next = make(2);
    for (let i = 0; i < 300; i++) {
      const bytes = encoded(direction, next());
      for (const length of [0, 1, bytes.length >> 1, bytes.length - 1]) {
        assert.equal(survives(direction, bytes.subarray(0, length)), false);
      }
      assert.equal(survives(direction, Uint8Array.from([...bytes, 0])), false);
      const turned = bytes.slice();
      turned[0] = (turned[0] as number) ^ 64;
      assert.equal(survives(direction, turned), false);
    }
  });

  test(`bytes that were changed, and bytes that never were a message ${name}, cost an error with a code and no more`, () => {
    const random = seededRandom(3);
    const whole = (below: number): number => random.integer(below);
    const next = make(4);
    for (let i = 0; i < 30_000; i++) {
      const bytes = i % 3 === 0 ? new Uint8Array(whole(80)) : encoded(direction, next());
      const changes = i % 3 === 0 ? bytes.length : 1 + whole(4);
      for (let change = 0; change < changes && bytes.length > 0; change++)
        bytes[whole(bytes.length)] = whole(256);
      survives(direction, bytes);
    }
  });
}

codecTests(toWorker);
codecTests(fromWorker);

test('a stated length takes no memory before the bytes are there', () => {
  // An answer whose body says to be 64 MiB, or a thousand headers long, and is not there.
  for (const length of [2 ** 26, 2 ** 26 + 1, 2 ** 32 - 1]) {
    const body = new ByteWriter().u8(65).u64(1).u32(200).u32(0).u32(length).finish();
    assert.throws(() => decodeFromWorker(body), { code: 'COCO_ADAPTER_MESSAGE' });
    const headers = new ByteWriter().u8(65).u64(1).u32(200).u32(length).finish();
    assert.throws(() => decodeFromWorker(headers), { code: 'COCO_ADAPTER_MESSAGE' });
  }
});

test('an answer cannot break the framing of HTTP', () => {
  const answer = (status: number, headers: Record<string, string>): FromWorker => ({
    type: 'response',
    id: 1,
    response: { status, headers, body: new Uint8Array(0) },
  });
  const bad: readonly [number, Record<string, string>][] = [
    [100, {}],
    [600, {}],
    [200, { 'x-a': 'b\r\nset-cookie: c' }],
    [200, { 'x-a': 'b\0' }],
    [200, { 'x a': 'b' }],
    [200, { 'Content-Type': 'b' }],
    [200, { '': 'b' }],
    [200, { 'x-a': '漢' }],
  ];
  for (const [status, headers] of bad) {
    assert.throws(() => encoded(fromWorker, answer(status, headers)), { code: 'COCO_ADAPTER_MESSAGE' });
  }
  const once = encoded(fromWorker, answer(200, { 'x-a': 'b', 'x-b': 'c' }));
  once[once.indexOf(98)] = 97;
  // The name of the second header is now that of the first.
  const twice = once.map((byte, at) => (byte === 98 && once[at - 1] === 45 ? 97 : byte));
  assert.throws(() => decodeFromWorker(twice), { code: 'COCO_ADAPTER_MESSAGE' });
});

test('what is larger than its limit is not sent either', () => {
  const long = 'x'.repeat(5000);
  for (const message of [
    { type: 'trouble', message: long },
    { type: 'failed', message: long },
    { type: 'snapshotFailed', id: 1, reason: long },
  ] as const) {
    assert.throws(() => encoded(fromWorker, message), { code: 'COCO_ADAPTER_MESSAGE' });
  }
});
