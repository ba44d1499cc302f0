import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeLimitsDefault } from './limits.js';
import { Versions } from './versions.js';

const value = Uint8Array.of(1);
const change = (versions: Versions, seqno: number, text: string, to: Uint8Array | undefined) =>
  versions.install([{ table: 't', writes: [{ text, value: to }] }], seqno);

test('a table goes away with the last version of its last row: rolled back', () => {
  const versions = new Versions(storeLimitsDefault);
  change(versions, 1, 'k', value);
  versions.rollback(0);
  assert.deepEqual([...versions.tables()], []);
});

test('a table goes away with the last version of its last row: removed and compacted', () => {
  const versions = new Versions(storeLimitsDefault);
  change(versions, 1, 'k', value);
  change(versions, 2, 'k', undefined);
  versions.compact(1);
  assert.equal([...versions.tables()].length, 1);
  versions.compact(2);
  assert.deepEqual([...versions.tables()], []);
});

test('a table goes away with the last version of its last row: compacted while removed, come back, rolled back', () => {
  const versions = new Versions(storeLimitsDefault);
  change(versions, 1, 'k', value);
  change(versions, 2, 'k', undefined);
  change(versions, 3, 'k', value);
  versions.compact(2);
  versions.rollback(2);
  assert.deepEqual([...versions.tables()], []);
});

test('removing what is not there leaves nothing behind', () => {
  const versions = new Versions(storeLimitsDefault);
  change(versions, 1, 'k', undefined);
  assert.deepEqual([...versions.tables()], []);
  assert.deepEqual([...versions.since(0)], []);
  assert.equal(versions.head, 1);
});
