/**
 * Model-based test: random operations on the store and on a naive store that copies everything at each version.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom, toHex } from '@coco/primitives';
import { restoreStore } from './restore.js';
import { createStore } from './store.js';
import type {
  Put,
  RangeOptions,
  Reader,
  Store,
  StoreSnapshot,
  Transaction,
  VersionedRow,
  WriteSet,
} from './types.js';

type Rows = Map<string, Map<string, string>>;

/** What the naive store knows of one version: all rows, who wrote them, and those it changed ("table key"). */
interface ModelVersion {
  readonly rows: Rows;
  readonly writers: Map<string, number>;
  readonly touched: Set<string>;
}

/** A snapshot under way, and what it gave so far. */
interface ModelSnapshot {
  readonly real: StoreSnapshot;
  readonly rows: VersionedRow[];
}

/** A transaction as the naive store sees it: everything it did, in the open. */
interface ModelTransaction {
  readonly real: Transaction;
  readonly at: number;
  writes: Map<string, string | undefined>;
  readonly reads: Set<string>;
  readonly scans: { table: string; covers: (key: string) => boolean }[];
  savepoints: { real: ReturnType<Transaction['savepoint']>; writes: Map<string, string | undefined> }[];
}

const tables = ['a', '__proto__', 'public:constructor'];
const letters = [0x00, 0x2c, 0x61, 0x80, 0xff];

const randomKey = (random: Random) =>
  Uint8Array.from({ length: random.integer(4) }, () => letters[random.integer(letters.length)] as number);
const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)] as T;
const copyRows = (rows: Rows): Rows => new Map([...rows].map(([table, map]) => [table, new Map(map)]));
const name = (table: string, key: string) => `${table} ${key}`;

class Model {
  readonly versions = new Map<number, ModelVersion>([
    [0, { rows: new Map(), writers: new Map(), touched: new Set() }],
  ]);
  head = 0;
  compacted = 0;

  at(seqno: number): ModelVersion {
    for (let at = seqno; ; at--) {
      const version = this.versions.get(at);
      if (version !== undefined) return version;
    }
  }

  install(writeSet: WriteSet, seqno: number): void {
    const rows = copyRows(this.at(this.head).rows);
    const writers = new Map(this.at(this.head).writers);
    const touched = new Set<string>();
    for (const { table, puts, removes } of writeSet) {
      const map = rows.get(table) ?? new Map<string, string>();
      rows.set(table, map);
      for (const { key, value } of puts) {
        map.set(toHex(key), toHex(value));
        writers.set(name(table, toHex(key)), seqno);
        touched.add(name(table, toHex(key)));
      }
      for (const key of removes) if (map.delete(toHex(key))) touched.add(name(table, toHex(key)));
    }
    this.versions.set(seqno, { rows, writers, touched });
    this.head = seqno;
  }

  rollback(seqno: number): void {
    for (const at of [...this.versions.keys()]) if (at > seqno) this.versions.delete(at);
    this.head = seqno;
  }

  conflicts(transaction: ModelTransaction): boolean {
    for (const [seqno, { touched }] of this.versions) {
      if (seqno <= transaction.at) continue;
      for (const row of touched) {
        const [table, key] = row.split(' ') as [string, string];
        if (transaction.reads.has(row)) return true;
        if (transaction.scans.some((scan) => scan.table === table && scan.covers(key))) return true;
      }
    }
    return false;
  }
}

/** Rows of `table` as a scan with `options` gives them. */
function modelRange(map: Map<string, string>, options: RangeOptions): [string, string][] {
  const from = options.from && toHex(options.from);
  const to = options.to && toHex(options.to);
  const rows = [...map].filter(
    ([key]) => (from === undefined || key >= from) && (to === undefined || key < to),
  );
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  if (options.reverse) rows.reverse();
  return rows.slice(0, options.rowsMax);
}

function randomRange(random: Random): RangeOptions {
  return {
    ...(random.integer(2) === 0 ? { from: randomKey(random) } : {}),
    ...(random.integer(2) === 0 ? { to: randomKey(random) } : {}),
    ...(random.integer(2) === 0 ? { reverse: true } : {}),
    ...(random.integer(3) === 0 ? { rowsMax: random.integer(4) } : {}),
  };
}

const plain = (rows: readonly Put[]) => rows.map(({ key, value }) => [toHex(key), toHex(value)]);

/** All that can be read of one version equals the model's. */
function compareReader(reader: Reader, rows: Rows, random: Random): void {
  const table = pick(random, tables);
  const map = rows.get(table) ?? new Map<string, string>();
  const options = randomRange(random);
  assert.deepEqual(plain([...reader.range(table, options)]), modelRange(map, options));
  const key = randomKey(random);
  const value = reader.get(table, key);
  assert.equal(value && toHex(value), map.get(toHex(key)));
  assert.equal(reader.has(table, key), map.has(toHex(key)));
}

/** The rows of `table` as the transaction should see them. */
function ownView(model: Model, transaction: ModelTransaction, table: string): Map<string, string> {
  const map = new Map(model.at(transaction.at).rows.get(table));
  for (const [row, value] of transaction.writes) {
    const [of, key] = row.split(' ') as [string, string];
    if (of !== table) continue;
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
  return map;
}

function write({ real, writes }: ModelTransaction, table: string, key: Uint8Array, random: Random): void {
  const row = name(table, toHex(key));
  if (random.integer(3) === 0) {
    real.remove(table, key);
    writes.set(row, undefined);
    return;
  }
  const value = Uint8Array.from({ length: random.integer(3) }, () => random.integer(256));
  real.put(table, key, value);
  writes.set(row, toHex(value));
  value.fill(0xee);
}

/** Scans, stops at random, and writes at random during the scan: what lies ahead is seen. */
function scanInTransaction(model: Model, transaction: ModelTransaction, table: string, random: Random): void {
  const options = randomRange(random);
  const takeMax = random.integer(2) === 0 ? Number.POSITIVE_INFINITY : random.integer(3);
  const writing = random.integer(2) === 0;
  const { rowsMax = Number.POSITIVE_INFINITY, ...range } = options;
  const taken: Put[] = [];
  const ahead = () => {
    const last = taken.at(-1)?.key;
    const rows = modelRange(ownView(model, transaction, table), range);
    if (taken.length >= rowsMax) return undefined;
    return rows.find(
      ([key]) => last === undefined || (range.reverse ? key < toHex(last) : key > toHex(last)),
    );
  };
  let stopped = takeMax === 0;
  if (!stopped) {
    for (const row of transaction.real.range(table, options)) {
      assert.deepEqual(plain([row])[0], ahead());
      taken.push(row);
      if (writing && taken.length < 50) write(transaction, table, randomKey(random), random);
      stopped = taken.length >= takeMax;
      if (stopped) break;
    }
  }
  if (!stopped) assert.equal(ahead(), undefined);
  const rows = plain(taken);
  const finished = !stopped && taken.length < (options.rowsMax ?? Number.POSITIVE_INFINITY);
  const last = rows.at(-1)?.[0];
  const from = options.from ? toHex(options.from) : '';
  const to = options.to && toHex(options.to);
  transaction.scans.push({
    table,
    covers: (key) =>
      key >= from &&
      (to === undefined || key < to) &&
      (finished || (last !== undefined && (options.reverse ? key >= last : key <= last))),
  });
}

function stepTransaction(model: Model, transaction: ModelTransaction, random: Random): void {
  const { real, writes } = transaction;
  const table = pick(random, tables);
  const key = randomKey(random);
  const row = name(table, toHex(key));
  switch (random.integer(9)) {
    case 0:
    case 1: {
      const value = real.get(table, key);
      assert.equal(value && toHex(value), ownView(model, transaction, table).get(toHex(key)));
      if (!writes.has(row)) transaction.reads.add(row);
      break;
    }
    case 2:
    case 3:
    case 4:
      write(transaction, table, key, random);
      break;
    case 5:
      scanInTransaction(model, transaction, table, random);
      break;
    case 6:
      transaction.savepoints.push({ real: real.savepoint(), writes: new Map(writes) });
      break;
    case 7: {
      if (transaction.savepoints.length === 0) break;
      const index = random.integer(transaction.savepoints.length);
      const savepoint = transaction.savepoints[index] as (typeof transaction.savepoints)[number];
      real.rollbackTo(savepoint.real);
      transaction.writes = new Map(savepoint.writes);
      transaction.savepoints = transaction.savepoints.slice(0, index + 1);
      break;
    }
    default:
      if (random.integer(6) !== 0) break;
      for (const own of ownView(model, transaction, table).keys()) writes.set(name(table, own), undefined);
      real.clear(table);
      transaction.scans.push({ table, covers: () => true });
  }
}

function compareWriteSet(transaction: ModelTransaction): void {
  const flat = new Map<string, string | undefined>();
  const writeSet = transaction.real.writeSet();
  const sorted = (texts: string[]) => assert.deepEqual(texts, [...new Set(texts)].sort());
  sorted(writeSet.map(({ table }) => table));
  for (const { table, puts, removes } of writeSet) {
    assert.ok(puts.length + removes.length > 0);
    sorted(puts.map(({ key }) => toHex(key)));
    sorted(removes.map(toHex));
    for (const { key, value } of puts) flat.set(name(table, toHex(key)), toHex(value));
    for (const key of removes) flat.set(name(table, toHex(key)), undefined);
  }
  assert.deepEqual(new Map([...flat].sort()), new Map([...transaction.writes].sort()));
}

function commit(store: Store, model: Model, transaction: ModelTransaction, seqno: number): boolean {
  compareWriteSet(transaction);
  const outcome = store.commit(transaction.real, seqno);
  assert.equal(outcome.outcome, model.conflicts(transaction) ? 'conflict' : 'committed');
  if (outcome.outcome === 'committed') model.install(outcome.writeSet, seqno);
  return outcome.outcome === 'committed';
}

/** The rows of a version as a snapshot gives them. */
function modelSnapshot({ rows, writers }: ModelVersion): unknown[] {
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([table, map]) =>
      modelRange(map, {}).map(([key, value]) => [table, key, value, writers.get(name(table, key))]),
    );
}

/** One more part; true once the snapshot is complete, right, and a store made of it gives the same. */
function stepSnapshot({ real, rows }: ModelSnapshot, model: Model, random: Random): boolean {
  const part = real.next(1 + random.integer(8), random.integer(2) === 0 ? 4 : undefined);
  if (part !== undefined) {
    rows.push(...part);
    return false;
  }
  const version = model.at(real.seqno);
  const flat = rows.map(({ table, key, value, seqno }) => [table, toHex(key), toHex(value), seqno]);
  assert.deepEqual(flat, modelSnapshot(version));
  const restore = restoreStore();
  const half = random.integer(rows.length + 1);
  restore.add(rows.slice(half));
  restore.add(rows.slice(0, half));
  const store = restore.finish(real.seqno);
  assert.deepEqual([store.head, store.compacted], [real.seqno, real.seqno]);
  for (let i = 0; i < 4; i++) compareReader(store.read(real.seqno), version.rows, random);
  const again = store.snapshot(real.seqno);
  assert.deepEqual(again.next(1e6) ?? [], rows);
  return true;
}

function run(seed: number, steps: number): { commits: number; conflicts: number; snapshots: number } {
  const random = seededRandom(seed);
  const store = createStore();
  const model = new Model();
  let transactions: ModelTransaction[] = [];
  let readers: Reader[] = [];
  let snapshots: ModelSnapshot[] = [];
  const counts = { commits: 0, conflicts: 0, snapshots: 0 };
  const stillThere = (reader: { seqno: number }, above: number) =>
    reader.seqno >= store.compacted && reader.seqno <= above;
  for (let step = 0; step < steps; step++) {
    const any = store.compacted + random.integer(store.head - store.compacted + 1);
    const next = store.head + 1 + random.integer(3);
    const action = random.integer(46);
    if (action < 20) {
      if (transactions.length > 0) stepTransaction(model, pick(random, transactions), random);
    } else if (action < 24) {
      const at = random.integer(2) === 0 ? any : store.head;
      const real = store.begin(at);
      transactions.push({ real, at, writes: new Map(), reads: new Set(), scans: [], savepoints: [] });
    } else if (action < 28) {
      const [transaction] = transactions.splice(random.integer(transactions.length + 1), 1);
      if (transaction !== undefined)
        counts[commit(store, model, transaction, next) ? 'commits' : 'conflicts']++;
    } else if (action < 30) {
      const puts = [{ key: randomKey(random), value: Uint8Array.of(step & 255) }];
      const key = randomKey(random);
      const removes = toHex(key) === toHex((puts[0] as Put).key) ? [] : [key];
      const writeSet = [{ table: pick(random, tables), puts, removes }];
      store.apply(writeSet, next);
      model.install(writeSet, next);
    } else if (action < 31) {
      store.advance(next);
      model.head = next;
    } else if (action < 33) {
      if (any < model.compacted) continue;
      store.rollback(any);
      model.rollback(any);
      transactions = transactions.filter(({ real }) => stillThere(real, any));
      readers = readers.filter((reader) => stillThere(reader, any));
      for (const { real } of snapshots.filter((snapshot) => snapshot.real.seqno > any)) {
        assert.throws(() => real.next(1), { code: 'COCO_KV_VERSION' });
        real.end();
      }
      snapshots = snapshots.filter(({ real }) => real.seqno <= any);
    } else if (action < 34) {
      store.compact(any);
      model.compacted = Math.max(model.compacted, any);
      const held = snapshots.map(({ real }) => real.seqno);
      assert.ok(store.compacted >= Math.min(any, ...held) && held.every((seqno) => seqno >= store.compacted));
      transactions = transactions.filter(({ real }) => stillThere(real, store.head));
      readers = readers.filter((reader) => stillThere(reader, store.head));
    } else if (action < 37) readers.push(store.read(any));
    else if (action < 38) {
      if (snapshots.length < 3) snapshots.push({ real: store.snapshot(any), rows: [] });
    } else if (action < 43) {
      const [snapshot] = snapshots.splice(random.integer(snapshots.length + 1), 1);
      if (snapshot === undefined) continue;
      if (!stepSnapshot(snapshot, model, random)) snapshots.push(snapshot);
      else counts.snapshots++;
      // Compaction that waited for it has gone on.
      transactions = transactions.filter(({ real }) => stillThere(real, store.head));
      readers = readers.filter((reader) => stillThere(reader, store.head));
    } else if (readers.length > 0) {
      const reader = pick(random, readers);
      compareReader(reader, model.at(reader.seqno).rows, random);
    }
    assert.equal(store.head, model.head);
    const readable = any >= store.compacted && any <= store.head ? any : store.head;
    compareReader(store.read(readable), model.at(readable).rows, random);
    const rows = model.at(model.head).rows;
    assert.deepEqual(
      store.tables(),
      [...rows]
        .filter(([, map]) => map.size > 0)
        .map(([table]) => table)
        .sort(),
    );
  }
  return counts;
}

test('the store gives what a naive store gives: reads, conflicts, rollback, compaction, snapshots (ARC-4)', () => {
  let commits = 0;
  let conflicts = 0;
  let snapshots = 0;
  for (let seed = 1; seed <= 60; seed++) {
    try {
      const counts = run(seed, 400);
      commits += counts.commits;
      conflicts += counts.conflicts;
      snapshots += counts.snapshots;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  // Otherwise the test would say little.
  const told = `${commits} commits, ${conflicts} conflicts, ${snapshots} snapshots`;
  assert.ok(commits > 500 && conflicts > 100 && snapshots > 100, told);
});
