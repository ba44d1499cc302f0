import assert from 'node:assert/strict';
import { cpSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ByteReader, concatBytes } from '@coco/primitives';
import { readBytes, sealedEntries, type Test, temporaryDirectory, testEntries } from './entries.test.js';
import { openLedgerStore, type StoredEntry } from './ledgerStore.js';

const settings = { entryCacheBytesMax: 0 };

async function filled(t: Test, entries: StoredEntry[]): Promise<string> {
  const directory = temporaryDirectory(t);
  const store = await openLedgerStore({ directory, ...settings });
  for (const entry of entries) {
    store.append([entry]);
    await store.sync();
  }
  await store.close();
  return directory;
}

/** Opens and reads everything; how many entries that were, or the failure. */
async function readAll(
  directory: string,
): Promise<number | { code: string; facts: Record<string, unknown> }> {
  try {
    const store = await openLedgerStore({ directory, ...settings });
    try {
      return [...store.entries()].length;
    } finally {
      await store.close();
    }
  } catch (error) {
    return error as { code: string; facts: Record<string, unknown> };
  }
}

async function assertDamaged(
  directory: string,
  file: string,
  offset: number,
  what: string,
  within = 0,
): Promise<void> {
  const result = await readAll(directory);
  assert.ok(typeof result !== 'number', `${what}: ${result} entries were read`);
  assert.match(result.code, /^COCO_(LEDGER_CHUNK_DAMAGED|LEDGER_ENTRY_MALFORMED|HOST_LEDGER_DAMAGED)$/, what);
  assert.equal(basename(String(result.facts.file)), file, what);
  const found = Number(result.facts.offset);
  assert.ok(found >= offset && found <= offset + within, `${what}: ${found} is named, not ${offset}`);
}

test('a flipped bit in size, version or seqno of any but the last entry is refused with the place', async (t) => {
  const entries = sealedEntries(8);
  const directory = await filled(t, entries);
  const path = join(directory, 'ledger_1');
  const whole = readBytes(path);
  let offset = 8;
  for (const { bytes } of entries.slice(0, -1)) {
    // Version, each byte of the size, the seqno twice.
    for (const at of [0, 2, 3, 4, 5, 6, 7, 24, 45]) {
      for (const bit of [0, 7]) {
        const bad = whole.slice();
        bad[offset + at] = (bad[offset + at] as number) ^ (1 << bit);
        writeFileSync(path, bad);
        // A wrong size may only show where the next entry should begin.
        const what = `byte ${at} of the entry at ${offset}, bit ${bit}`;
        await assertDamaged(directory, 'ledger_1', offset, what, bytes.length + 32_768);
      }
    }
    offset += bytes.length;
  }
});

test('an entry that claims 2^32-1, 2^48-1 or 0 bytes is refused without taking that much memory', async (t) => {
  const entries = testEntries(1, 10, 5);
  const directory = await filled(t, entries);
  const path = join(directory, 'ledger_1-5');
  const whole = readBytes(path);
  const second = 8 + (entries[0]?.bytes.length ?? 0);
  for (const size of [
    [0xff, 0xff, 0xff, 0xff, 0, 0],
    [255, 255, 255, 255, 255, 255],
    [0, 0, 0, 0, 0, 0],
  ]) {
    const bad = whole.slice();
    bad.set(size, second + 2);
    writeFileSync(path, bad);
    await assertDamaged(directory, 'ledger_1-5', second, `size ${size}`, 2);
  }
});

test('a complete chunk whose table, header or length is wrong is refused', async (t) => {
  const directory = await filled(t, testEntries(1, 10, 5));
  const path = join(directory, 'ledger_1-5');
  const whole = readBytes(path);
  const table = new ByteReader(whole).u32();
  const change = (at: number, ...values: number[]): Uint8Array => {
    const bad = whole.slice();
    bad.set(values, at);
    return bad;
  };
  const cases: [string, Uint8Array, number][] = [
    ['header points elsewhere', change(0, 9), 0],
    ['header is 2^63', change(7, 0x80), 0],
    ['first position is not 8', change(table, 9), table],
    ['positions descend', change(table + 8, 0, 0), table + 8],
    ['last position is outside', change(table + 19, 1), table + 16],
    ['a byte is missing', whole.subarray(0, -1), 0],
    ['a byte is too many', concatBytes(whole, new Uint8Array(1)), 0],
    ['it is empty', new Uint8Array(), 0],
  ];
  for (const [what, bytes, offset] of cases) {
    writeFileSync(path, bytes);
    await assertDamaged(directory, 'ledger_1-5', offset, what);
  }
});

test('garbage behind the last entry is not taken for a torn write', async (t) => {
  const directory = await filled(t, sealedEntries(4));
  const path = join(directory, 'ledger_1');
  const whole = readBytes(path);
  for (const garbage of [[7], [1, 4], [0, 0, 9], [1, 0, 1, 0, 0, 0, 0, 0, 5, 5, 5]]) {
    writeFileSync(path, concatBytes(whole, new Uint8Array(garbage)));
    await assertDamaged(directory, 'ledger_1', whole.length, `${garbage}`);
  }
});

test('a header that would hide entries of an unfinished chunk is refused', async (t) => {
  const directory = await filled(t, sealedEntries(4));
  const path = join(directory, 'ledger_1');
  const bad = readBytes(path);
  bad[0] = 18;
  writeFileSync(path, bad);
  await assertDamaged(directory, 'ledger_1', 0, 'header');
});

test('a missing chunk is a hole, not a shorter history', async (t) => {
  const directory = await filled(t, testEntries(1, 15, 5));
  renameSync(join(directory, 'ledger_6-10'), join(directory, 'ledger_6-10.ignored'));
  const hole = await readAll(directory);
  assert.ok(typeof hole !== 'number');
  assert.equal(hole.code, 'COCO_LEDGER_HOLE');
  assert.equal(hole.facts.seqno, 6);
});

test('two chunks that cover the same entries are refused, both named', async (t) => {
  for (const second of ['ledger_5-9', 'ledger_1', 'ledger_1-5.committed', 'ledger_2-3.committed']) {
    const directory = await filled(t, testEntries(1, 10, 5));
    cpSync(join(directory, 'ledger_1-5'), join(directory, second));
    const fork = await readAll(directory);
    assert.ok(typeof fork !== 'number');
    assert.equal(fork.code, 'COCO_LEDGER_FORK', second);
    assert.ok([fork.facts.file, fork.facts.otherFile].includes(second), second);
  }
});

test('ledgers that CCF wrote are opened and read entry by entry', async (t) => {
  const ledgers = fileURLToPath(new URL('../../../../shared/data/ccf-ledgers', import.meta.url));
  if (!existsSync(ledgers)) return t.skip('no ledgers at ../shared/data/ccf-ledgers');
  for (const [service, count] of [
    ['cose_flipflop_service', 46],
    ['acme_containing_service', 22],
  ] as const) {
    const directory = temporaryDirectory(t);
    cpSync(join(ledgers, service, 'ledger'), directory, { recursive: true });
    assert.equal(await readAll(directory), count, service);
  }
});
