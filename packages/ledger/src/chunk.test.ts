import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, seededRandom } from '@coco/primitives';
import {
  type ChunkEnd,
  type ChunkEntry,
  type ChunkSource,
  chunkName,
  chunkOfBytes,
  parseChunkName,
  type ReadChunkOptions,
  readChunk,
} from './index.js';
import { completeChunk, makeLedger, makeService, makeVerifier, writeLedger } from './synthetic.test.js';

const service = makeService();
const entries = writeLedger(makeLedger(service), service, seededRandom(1), 3);
const complete = completeChunk(entries, true);
/** The same entries in a file that is being written. */
const open = complete.bytes.slice(0, 8 + entries.reduce((sum, entry) => sum + entry.size, 0)).fill(0, 0, 8);

function read(source: ChunkSource, options?: ReadChunkOptions): ChunkEnd & { entries: ChunkEntry[] } {
  const found: ChunkEntry[] = [];
  const chunk = readChunk(source, options);
  let next = chunk.next();
  for (; next.done !== true; next = chunk.next()) found.push(next.value);
  return { ...next.value, entries: found };
}

function readOpen(bytes: Uint8Array, options: ReadChunkOptions = { last: true }): ReturnType<typeof read> {
  return read(chunkOfBytes('ledger_1', bytes), options);
}

test('formats 2(a): names of chunk files', () => {
  const plain = { committed: false, recovery: false, ignored: false };
  assert.deepEqual(parseChunkName('ledger_21'), { start: 21, ...plain });
  assert.deepEqual(parseChunkName('ledger_1-14'), { start: 1, end: 14, ...plain });
  assert.deepEqual(parseChunkName('ledger_1-14.committed'), { start: 1, end: 14, ...plain, committed: true });
  assert.equal(parseChunkName('ledger_3.recovery')?.recovery, true);
  assert.equal(parseChunkName('ledger_3-4.committed.ignored')?.ignored, true);
  for (const name of [
    'ledger_0',
    'ledger_2-1',
    'ledger_01',
    'ledger_1.committed',
    'ledger_1-',
    'x/ledger_1',
  ]) {
    assert.equal(parseChunkName(name), undefined, name);
  }
  assert.equal(parseChunkName('ledger_9999999999999999'), undefined);
  for (const name of ['ledger_21', 'ledger_1-14', 'ledger_1-14.committed']) {
    assert.equal(chunkName(parseChunkName(name) as NonNullable<ReturnType<typeof parseChunkName>>), name);
  }
});

test('a chunk gives its entries with their offsets, complete or being written', () => {
  const whole = read(chunkOfBytes(complete.name, complete.bytes));
  const growing = readOpen(open, {});
  assert.deepEqual(whole.positions, growing.positions);
  assert.deepEqual(
    whole.entries.map(({ layout }) => layout.bytes),
    entries.map(({ bytes }) => bytes),
  );
  assert.deepEqual(
    growing.entries.map(({ description }) => description.seqno),
    entries.map(({ seqno }) => seqno),
  );
  assert.deepEqual([whole.complete, growing.complete], [true, false]);
  assert.deepEqual([whole.end, growing.end], [open.length, open.length]);
  // Completed, and not yet renamed.
  assert.equal(readOpen(complete.bytes, {}).complete, true);
});

test('a torn last write, cut at any offset, is cut off after the last good entry', () => {
  const ends = [8];
  for (const entry of entries) ends.push((ends.at(-1) as number) + entry.size);
  for (let length = 0; length < open.length; length++) {
    const { torn, end, positions } = readOpen(open.slice(0, length));
    const good = ends.filter((at) => at <= length);
    assert.equal(end, good.at(-1) ?? 0);
    assert.equal(positions.length, Math.max(0, good.length - 1));
    assert.equal(torn === undefined, good.at(-1) === length, `at ${length}`);
    if (torn !== undefined) assert.equal(torn.bytes, length - end);
  }
});

test('only the last file may be torn, and only while it is being written', () => {
  const cut = open.slice(0, -1);
  assert.throws(() => readOpen(cut, {}), { code: 'COCO_LEDGER_CHUNK_DAMAGED' });
  for (let length = 0; length < complete.bytes.length; length++) {
    const source = chunkOfBytes(complete.name, complete.bytes.slice(0, length));
    assert.throws(() => read(source, { last: true }), {
      code: /^COCO_LEDGER_(CHUNK_DAMAGED|ENTRY_MALFORMED)$/,
    });
  }
});

test('a write whose pages did not all reach the disk is torn: zeros, or a table without its header', () => {
  const zeros = open.slice();
  const last = entries.at(-1)?.size as number;
  zeros.fill(0, open.length - last);
  assert.equal(readOpen(zeros).end, open.length - last);
  assert.equal(readOpen(zeros).positions.length, entries.length - 1);
  const table = complete.bytes.slice().fill(0, 0, 8);
  assert.equal(readOpen(table).end, open.length);
  assert.equal(readOpen(table).torn?.bytes, complete.bytes.length - open.length);
});

test('a bad entry that a signed one follows is damage, named by file, byte and entry', () => {
  let offset = 8;
  for (const { seqno, size } of entries.slice(0, -1)) {
    for (const [at, value] of [
      [0, 7],
      [1, 9],
      [2, 0xff],
      [7, 1],
      [24, 0xee],
      [45, 0xee],
    ] as const) {
      const bytes = open.slice();
      bytes[offset + at] = value;
      assert.throws(
        () => readOpen(bytes),
        (error: { code: string; facts: Record<string, unknown> }) => {
          assert.match(error.code, /^COCO_LEDGER_(CHUNK_DAMAGED|ENTRY_MALFORMED)$/);
          assert.equal(error.facts.file, 'ledger_1');
          assert.equal(error.facts.seqno, seqno);
          const within = (error.facts.offset as number) - offset;
          assert.ok(within >= 0 && within < size, `${within}`);
          return true;
        },
      );
    }
    offset += size;
  }
});

test('a size that leads into the middle of a later entry is blamed on its own entry', () => {
  const [first, second, third] = entries as [ChunkLike, ChunkLike, ChunkLike];
  const size = first.size + second.size + third.size - 8;
  const bytes = open.slice();
  bytes.set(new ByteWriter().u48(size).finish(), 8 + 2);
  assert.throws(() => readOpen(bytes), { facts: { file: 'ledger_1', offset: 10, seqno: 1 } });
});

type ChunkLike = (typeof entries)[number];

test('with a check of contents, an entry whose bytes changed in place is found as well', () => {
  const ledger = makeVerifier(service);
  const check = ({ layout }: ChunkEntry): void => {
    ledger.open(layout.bytes);
  };
  const last = entries.at(-1)?.size as number;
  const torn = open.slice();
  torn[open.length - last + 9] = (torn[open.length - last + 9] as number) ^ 1;
  assert.equal(readOpen(torn, { last: true }).torn, undefined);
  assert.equal(readOpen(torn, { last: true, check }).end, open.length - last);
  const damaged = open.slice();
  damaged[8 + 9] = (damaged[8 + 9] as number) ^ 1;
  const facts = { file: 'ledger_1', offset: 8, seqno: 1 };
  assert.throws(() => readOpen(damaged, { last: true, check }), {
    code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC',
    facts,
  });
});

test('positions and header must agree with the entries, byte for byte', () => {
  for (let at = 0; at < complete.bytes.length; at++) {
    if (at >= 8 && at < open.length) continue;
    for (let bit = 0; bit < 8; bit++) {
      const bytes = complete.bytes.slice();
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      const offset = at < 8 ? 0 : at - ((at - open.length) % 4);
      assert.throws(() => read(chunkOfBytes(complete.name, bytes)), {
        code: 'COCO_LEDGER_CHUNK_DAMAGED',
        facts: { file: complete.name, offset },
      });
    }
  }
});

test('flags that say where chunks end must be right', () => {
  const bytes = open.slice();
  bytes[8 + 1] = 1;
  const damaged = { code: 'COCO_LEDGER_CHUNK_DAMAGED' };
  assert.throws(() => readOpen(bytes), { ...damaged, facts: { file: 'ledger_1', offset: 9, seqno: 1 } });
  const second = open.slice();
  const at = 8 + (entries[0]?.size as number) + 1;
  second[at] = 2;
  assert.throws(() => readOpen(second), { ...damaged, facts: { file: 'ledger_1', offset: at, seqno: 2 } });
});

test('nothing is read or allocated by a length that the file only claims (0xFFFFFFFF, 2^48, 2^53, negative)', () => {
  const lengths = [0xffffffff, 2 ** 48 - 1].map((value) => new ByteWriter().u48(value).finish());
  const big = [2 ** 53 - 1, 0xffffffff].map((value) => new ByteWriter().u64(value).finish());
  big.push(new Uint8Array(8).fill(0xff));
  const files = lengths.map((length) => patched(open, 8 + 2, length));
  files.push(
    ...big.map((length) => patched(open, 8 + 36, length)),
    ...big.map((length) => patched(open, 0, length)),
  );
  files.push(...big.map((length) => patched(open, 8 + 24, length)));
  for (const bytes of files) {
    let largest = 0;
    const source = {
      name: 'ledger_1',
      size: bytes.length,
      readAt(offset: number, length: number) {
        assert.ok(offset >= 0 && length >= 0 && offset + length <= bytes.length);
        largest = Math.max(largest, length);
        return bytes.subarray(offset, offset + length);
      },
    };
    assert.throws(() => read(source, { last: true }));
    assert.ok(largest <= bytes.length);
  }
});

function patched(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(by, at);
  return copy;
}
