import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { OrderedList } from './ordered-list.js';

const item = (number: number) => ({ text: String(number).padStart(6, '0') });

function walk(
  list: OrderedList<{ text: string }>,
  start: { from: string } | { to: string | undefined },
): string[] {
  const cursor = list.cursor(start);
  const texts: string[] = [];
  for (let next = cursor.peek(); next !== undefined; next = cursor.peek()) {
    texts.push(next.text);
    cursor.pass(next.text);
  }
  return texts;
}

test('an ordered list agrees with a sorted array through thousands of insertions and removals', () => {
  for (const size of [0, 1, 200, 3000]) {
    const random = seededRandom(size);
    const model = new Set<string>();
    for (let i = 0; i < size; i++) model.add(item(random.integer(10_000)).text);
    const list = new OrderedList([...model].map((text) => ({ text })));
    for (let i = 0; i < 4000; i++) {
      const { text } = item(random.integer(10_000));
      assert.equal(list.has(text), model.has(text));
      if (model.delete(text)) list.remove(text);
      else {
        model.add(text);
        list.insert({ text });
      }
    }
    const sorted = [...model].sort();
    assert.equal(list.length, sorted.length);
    assert.deepEqual(walk(list, { from: '' }), sorted);
    assert.deepEqual(walk(list, { to: undefined }), sorted.toReversed());
    for (let i = 0; i < 200; i++) {
      const { text } = item(random.integer(10_000));
      assert.deepEqual(
        walk(list, { from: text }),
        sorted.filter((other) => other >= text),
      );
      assert.deepEqual(walk(list, { to: text }), sorted.filter((other) => other < text).reverse());
    }
    for (const text of sorted) list.remove(text);
    assert.deepEqual(walk(list, { from: '' }), []);
  }
});

test('appending in order fills the blocks and keeps the order', () => {
  const list = new OrderedList<{ text: string }>([]);
  const texts = Array.from({ length: 2000 }, (_, number) => item(number).text);
  for (const text of texts) list.insert({ text });
  assert.deepEqual(walk(list, { from: '' }), texts);
});

test('a cursor goes on at the right place when the list changes under it', () => {
  for (const up of [true, false]) {
    const random = seededRandom(7);
    const model = new Set(Array.from({ length: 1000 }, (_, number) => item(2 * number).text));
    const list = new OrderedList([...model].map((text) => ({ text })));
    const cursor = list.cursor(up ? { from: '' } : { to: undefined });
    let last: string | undefined;
    for (;;) {
      const next = cursor.peek()?.text;
      const ahead = [...model]
        .filter((text) => last === undefined || (up ? text > last : text < last))
        .sort();
      assert.equal(next, up ? ahead[0] : ahead.at(-1));
      if (next === undefined) break;
      cursor.pass(next);
      last = next;
      const { text } = item(random.integer(2000));
      if (model.delete(text)) list.remove(text);
      else {
        model.add(text);
        list.insert({ text });
      }
    }
  }
});

test('a text can be in an ordered list once only, and only what is there can be removed', () => {
  const list = new OrderedList([item(1)]);
  assert.throws(() => list.insert(item(1)), { name: 'AssertionError' });
  assert.throws(() => list.remove('000002'), { name: 'AssertionError' });
});
