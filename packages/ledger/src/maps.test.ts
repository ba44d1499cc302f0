import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableChanges } from '@coco/kv';
import {
  ByteWriter,
  compareBytes,
  concatBytes,
  type Random,
  seededRandom,
  toHex,
  utf8,
} from '@coco/primitives';
import { checkMaps, decodeMaps, encodeMaps, splitDomains } from './index.js';
import { randomBytesOf } from './synthetic.test.js';

function randomTables(random: Random): TableChanges[] {
  const names = new Set<string>();
  for (let count = random.integer(4); count > 0; count--) {
    names.add(
      `${random.integer(2) === 0 ? 'public:' : ''}${['a', 'b/ü', 'z.x', 'ccf.gov'][random.integer(4)]}`,
    );
  }
  return [...names].sort().map((table) => {
    const keys = new Map<string, Uint8Array>();
    for (let count = 1 + random.integer(6); count > 0; count--) {
      const key = randomBytesOf(random, random.integer(5));
      keys.set(toHex(key), key);
    }
    const sorted = [...keys.values()].sort(compareBytes);
    const puts = sorted.filter(() => random.integer(3) > 0);
    return {
      table,
      puts: puts.map((key) => ({ key, value: randomBytesOf(random, random.integer(40)) })),
      removes: sorted.filter((key) => !puts.includes(key)),
    };
  });
}

test('a domain decodes to the changes that were encoded (seeded, 2,000 cases)', () => {
  const random = seededRandom(1);
  for (let i = 0; i < 2_000; i++) {
    const tables = randomTables(random);
    const bytes = encodeMaps(tables);
    assert.deepEqual(decodeMaps(bytes), tables);
    assert.deepEqual(encodeMaps(decodeMaps(bytes)), bytes);
  }
});

test('formats 2(a): a map is name, readVersion, reads, writes, removes, with 64-bit little-endian lengths', () => {
  const bytes = encodeMaps([
    { table: 'ab', puts: [{ key: utf8('k'), value: utf8('vw') }], removes: [utf8('r')] },
  ]);
  const expected =
    '0200000000000000 6162 0000000000000000 0000000000000000 0100000000000000' +
    '0100000000000000 6b 0200000000000000 7677 0100000000000000 0100000000000000 72';
  assert.equal(toHex(bytes), expected.replaceAll(' ', ''));
});

test('reading accepts read versions, reads, empty tables and any order, as CCF may write them', () => {
  const table = (name: string) =>
    new ByteWriter().sized64(utf8(name)).i64(-1).u64(1).sized64(utf8('r')).u64(7);
  const bytes = concatBytes(
    table('z').u64(0).u64(0).finish(),
    table('a').u64(1).sized64(utf8('k')).sized64(utf8('v')).u64(0).finish(),
  );
  assert.deepEqual(decodeMaps(bytes), [
    { table: 'z', puts: [], removes: [] },
    { table: 'a', puts: [{ key: utf8('k'), value: utf8('v') }], removes: [] },
  ]);
  assert.deepEqual(decodeMaps(bytes, { wanted: (name) => name === 'z' }), [
    { table: 'z', puts: [], removes: [] },
  ]);
});

test('tables whose name begins with public: are kept in clear, and case counts', () => {
  const row = { puts: [{ key: utf8('k'), value: utf8('v') }], removes: [] };
  const tables = ['PUBLIC:x', 'app', 'public:x', 'publicx'].map((table) => ({ table, ...row }));
  const { publicMaps, privateMaps } = splitDomains(tables);
  assert.deepEqual(
    decodeMaps(publicMaps).map(({ table }) => table),
    ['public:x'],
  );
  assert.deepEqual(
    decodeMaps(privateMaps).map(({ table }) => table),
    ['PUBLIC:x', 'app', 'publicx'],
  );
});

test('what we write is in strict order', () => {
  const puts = [{ key: utf8('k'), value: utf8('v') }];
  const disordered: TableChanges[][] = [
    [
      { table: 'b', puts, removes: [] },
      { table: 'a', puts, removes: [] },
    ],
    [
      { table: 'a', puts, removes: [] },
      { table: 'a', puts, removes: [] },
    ],
    [{ table: 'a', puts: [...puts, ...puts], removes: [] }],
    [{ table: 'a', puts: [], removes: [utf8('b'), utf8('a')] }],
    [{ table: 'a', puts: [], removes: [] }],
  ];
  for (const tables of disordered) assert.throws(() => encodeMaps(tables), { name: 'AssertionError' });
});

test('a hostile length costs nothing: it is compared with what is left before anything is allocated', () => {
  const lengths = [0xffffffff, 2 ** 53 - 1].map((value) => new ByteWriter().u64(value).finish());
  lengths.push(
    new ByteWriter().i64(-1).finish(),
    new ByteWriter().raw(new Uint8Array(8).fill(0xff)).finish(),
  );
  const before = new ByteWriter().sized64(utf8('t')).i64(0);
  const prefixes = [new Uint8Array(0), before.finish(), concatBytes(before.finish(), new Uint8Array(8))];
  prefixes.push(concatBytes(before.finish(), new Uint8Array(16)));
  const memory = process.memoryUsage().arrayBuffers;
  for (const prefix of prefixes) {
    for (const length of lengths) {
      const bytes = concatBytes(prefix, length, new Uint8Array(64));
      assert.throws(() => decodeMaps(bytes), { code: 'COCO_LEDGER_MAPS_MALFORMED' });
    }
  }
  assert.ok(process.memoryUsage().arrayBuffers - memory < 2 ** 20);
  assert.throws(() => decodeMaps(new Uint8Array(9), { bytesMax: 8 }), { code: 'COCO_LEDGER_MAPS_MALFORMED' });
});

test('a domain cut anywhere but between tables is refused', () => {
  const bytes = encodeMaps([
    { table: 'a', puts: [{ key: utf8('k'), value: utf8('v') }], removes: [utf8('x')] },
    { table: 'b', puts: [], removes: [utf8('y')] },
  ]);
  const first = encodeMaps(decodeMaps(bytes).slice(0, 1)).length;
  for (let length = 1; length < bytes.length; length++) {
    if (length === first) continue;
    assert.throws(() => decodeMaps(bytes.subarray(0, length)), { code: 'COCO_LEDGER_MAPS_MALFORMED' });
  }
});

const rowsOf = (table: string, ...keys: readonly string[]): TableChanges => ({
  table,
  puts: keys.map((key) => ({ key: utf8(key), value: utf8('v') })),
  removes: [],
});
const none = new Uint8Array(0);
const any = (): void => undefined;

test('a domain that is checked is what we write, and nothing else (MIT-1)', () => {
  const encoded = (...tables: readonly TableChanges[]): Uint8Array => encodeMaps(tables);
  const a = encoded(rowsOf('a', 'k'));
  const kl = encoded(rowsOf('a', 'k', 'l'));
  const removes = (puts: readonly string[], ...keys: readonly string[]): Uint8Array =>
    encoded({ ...rowsOf('a', ...puts), removes: keys.map(utf8) });
  const head = (): ByteWriter => new ByteWriter().sized64(utf8('a'));
  const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['no domain', utf8('anything at all'), /exceeds the domain/],
    ['cut short', a.subarray(0, a.length - 1), /exceeds|cut short/],
    ['a table twice', concatBytes(a, a), /ascend by name/],
    ['tables in another order', concatBytes(encoded(rowsOf('b', 'k')), a), /ascend by name/],
    ['a name that is no text', encoded(rowsOf('a', 'k')).map((b) => (b === 97 ? 0xff : b)), /proper name/],
    ['no name', concatBytes(new Uint8Array(8), a.subarray(9)), /proper name/],
    ['a long name', encoded(rowsOf('x'.repeat(257), 'k')), /proper name/],
    ['a long key', encoded(rowsOf('a', 'k'.repeat(8193))), /key is too long/],
    ['a long key that goes', removes([], 'k'.repeat(8193)), /key is too long/],
    ['rows in another order', kl.map((byte) => (byte === 107 ? 109 : byte)), /do not ascend/],
    ['a row twice', kl.map((byte) => (byte === 107 ? 108 : byte)), /do not ascend/],
    ['removes twice', removes([], 'k', 'l').map((byte) => (byte === 107 ? 108 : byte)), /do not ascend/],
    ['set and removed', removes(['k'], 'k'), /set and removed/],
    ['set and removed, among others', removes(['a', 'k', 'z'], 'b', 'k', 'x'), /set and removed/],
    ['no rows', head().u64(0).u64(0).u64(0).u64(0).finish(), /no rows/],
    ['a version', head().u64(7).u64(0).u64(1).sized64(none).sized64(none).u64(0).finish(), /was read/],
    ['a row read', head().u64(0).u64(1).sized64(none).u64(0).u64(0).u64(0).finish(), /were read/],
  ];
  for (const [what, bytes, message] of bad)
    assert.throws(() => checkMaps(bytes, any), { code: 'COCO_LEDGER_MAPS_MALFORMED', message }, what);
  const value = new Uint8Array(16 * 2 ** 20 + 1);
  const long = encoded({ table: 'a', puts: [{ key: none, value }], removes: [] });
  assert.throws(() => checkMaps(long, any), /value is too long/);
  for (const bytes of [
    none,
    removes(['a', 'k', 'z'], 'b', 'l', 'x'),
    concatBytes(a, encoded(rowsOf('b', 'k'))),
  ])
    checkMaps(bytes, any);
});

test('what is written passes the check, table by table; whatever else passes is what would be written (seeded)', () => {
  const random = seededRandom(5);
  let passed = 0;
  for (let i = 0; i < 20_000; i++) {
    const tables = randomTables(random);
    const bytes = encodeMaps(tables);
    const seen: string[] = [];
    checkMaps(bytes, (table) => seen.push(table));
    assert.deepEqual(
      seen,
      tables.map(({ table }) => table),
    );
    if (bytes.length === 0) continue;
    for (let change = 1 + random.integer(3); change > 0; change--)
      bytes[random.integer(bytes.length)] = random.integer(256);
    try {
      checkMaps(bytes, any);
    } catch (error) {
      assert.equal((error as { readonly code?: string }).code, 'COCO_LEDGER_MAPS_MALFORMED', String(error));
      continue;
    }
    passed++;
    assert.deepEqual(encodeMaps(decodeMaps(bytes)), bytes);
  }
  assert.ok(passed > 100, `${passed} passed`);
});
