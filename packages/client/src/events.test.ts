import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventReader, type ServerEvent } from './events.js';

const stream =
  ': hello\r\n\r\nevent: proposal\nid: 7\ndata: {"a":\ndata: 1}\n\n: alive\n\ndata:x\n\ndata: half';
const expected: readonly ServerEvent[] = [
  { event: 'proposal', id: '7', data: '{"a":\n1}' },
  { event: 'message', id: '7', data: 'x' },
];

test('WHATWG HTML 9.2: events are the same however the stream is cut; comments and halves are none', () => {
  for (let size = 1; size <= stream.length; size++) {
    const reader = createEventReader();
    const events: ServerEvent[] = [];
    for (let at = 0; at < stream.length; at += size) events.push(...reader.push(stream.slice(at, at + size)));
    assert.deepEqual(events, expected, `in pieces of ${size}`);
  }
});

test('an event without end is refused', () => {
  const reader = createEventReader(100);
  reader.push(`data: ${'x'.repeat(60)}\n`);
  assert.throws(() => reader.push(`data: ${'x'.repeat(60)}`), /more than 100 characters/);
});
