import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { restoreStore, type Store, type VersionedRow } from '@coco/kv';
import { seededRandom, toHex, utf8 } from '@coco/primitives';
import {
  decodeSnapshotTables,
  encodeSnapshotTables,
  openSnapshot,
  parseSnapshotName,
  type SealedEntry,
  snapshotFile,
  snapshotName,
  splitSnapshotTables,
  verifySnapshot,
} from './index.js';
import { decodeViews, encodeViews } from './snapshot-views.js';
import {
  makeLedger,
  makeService,
  makeSnapshot,
  none,
  randomBytesOf,
  sealOf,
  storeOf,
  writeLedger,
} from './synthetic.test.js';

const service = makeService();
const { serviceCertificate } = service.identity;
const { secrets } = service;
const ledger = makeLedger(service);
const entries: SealedEntry[] = writeLedger(ledger, service, seededRandom(5), 12);
const made = makeSnapshot(ledger, entries);
const { seqno, bytes, file } = made;

const plain = (rows: Iterable<VersionedRow>) =>
  [...rows].map((row) => [row.table, toHex(row.key), toHex(row.value), row.seqno]);

function rowsOf(store: Store, at: number): VersionedRow[] {
  return [...(store.snapshot(at).next(1e9) ?? [])];
}

describe('a snapshot in CCF’s format', () => {
  test('holds every row with the entry that wrote it, and where the ledger stands', () => {
    const store = storeOf(ledger, entries.slice(0, seqno));
    const opened = openSnapshot(file.bytes, { secrets });
    const found = [
      ...decodeSnapshotTables(opened.privateTables),
      ...decodeSnapshotTables(opened.publicTables),
    ];
    assert.deepEqual(plain(found).sort(), plain(rowsOf(store, seqno)).sort());
    assert.ok(found.length > 20);
    assert.deepEqual(opened.base, ledger.base(seqno));
    assert.deepEqual(opened.base.configuration, { seqno, nodes: [service.identity.nodeId] });
    assert.ok(opened.base.views.length > 1);
  });

  test('is sealed in slices when it is large, to the same end', () => {
    const value = new Uint8Array(3 * 2 ** 20).fill(7);
    const rows = ['a', 'b', 'c'].map((name) => ({ table: 'large', key: utf8(name), value, seqno }));
    const sealer = ledger.snapshot(seqno);
    sealer.add(encodeSnapshotTables(rows));
    let steps = 1;
    let sealed = sealer.step();
    for (; sealed === undefined; steps++) sealed = sealer.step();
    assert.ok(steps > 6, `${steps} steps`);
    assert.deepEqual(sealed.digest, sha256(sealed.bytes));
    const opened = openSnapshot(sealed.bytes, { secrets });
    assert.deepEqual(plain(decodeSnapshotTables(opened.privateTables)), plain(rows));
  });

  test('has the bytes that its head comment says', () => {
    const fields = new DataView(bytes.buffer, bytes.byteOffset);
    assert.deepEqual([bytes[0], bytes[1]], [1, 0]);
    assert.equal(fields.getUint32(2, true) + 8, bytes.length);
    assert.equal(fields.getBigUint64(24, true), BigInt(seqno));
    assert.equal(fields.getUint32(32, true), 0x8000_0000);
    assert.equal(bytes[44], 1);
    assert.equal(fields.getBigUint64(45, true), BigInt(seqno));
    assert.equal(fields.getBigUint64(53, true), 0n);
    assert.equal(fields.getBigUint64(61, true), 32n);
    const entry = ledger.open((entries[seqno - 1] as SealedEntry).bytes);
    assert.deepEqual(bytes.subarray(69, 101), entry.leaf);
  });

  test('of the same state has the same bytes on every node, whatever the parts and their order', () => {
    const store = storeOf(ledger, entries.slice(0, seqno));
    assert.deepEqual(sealOf(ledger, store, seqno, 1).bytes, bytes);
    assert.deepEqual(sealOf(ledger, store, seqno, 1e6).bytes, bytes);
    const other = makeLedger(service);
    for (const entry of entries) other.add(other.open(entry.bytes));
    other.compact(seqno);
    const sealer = other.snapshot(seqno);
    for (const { table } of [...store.tables()].reverse().map((table) => ({ table }))) {
      sealer.add(encodeSnapshotTables(rowsOf(store, seqno).filter((row) => row.table === table)));
    }
    let steps = 1;
    while (sealer.step() === undefined) steps += 1;
    assert.ok(steps > 1);
    assert.deepEqual(sealer.finish().bytes, bytes);
  });

  test('knows what its signature wrote: the tables of a signature need not be handed in', () => {
    const store = storeOf(ledger, entries.slice(0, seqno));
    const sealer = ledger.snapshot(seqno);
    const signed = /^public:ccf.internal.(signatures|cose_signatures|tree)$/;
    sealer.add(encodeSnapshotTables(rowsOf(store, seqno).filter(({ table }) => !signed.test(table))));
    assert.deepEqual(sealer.finish().bytes, bytes);
  });

  test('makes a store again that is the one it was taken of', () => {
    const opened = openSnapshot(bytes, { secrets });
    const restore = restoreStore();
    for (const domain of [opened.publicTables, opened.privateTables]) {
      for (const part of splitSnapshotTables(domain, { partBytes: 300 }))
        restore.add(decodeSnapshotTables(part));
    }
    const store = restore.finish(seqno);
    assert.deepEqual(
      plain(rowsOf(store, seqno)),
      plain(rowsOf(storeOf(ledger, entries.slice(0, seqno)), seqno)),
    );
  });
});

describe('the tables of a snapshot', () => {
  const random = seededRandom(9);
  const rows: VersionedRow[] = ['a', 'b', 'c'].flatMap((table) =>
    Array.from({ length: 50 }, (_, i) => ({
      table,
      key: Uint8Array.from([i, ...randomBytesOf(random, random.integer(9))]),
      value: randomBytesOf(random, random.integer(40)),
      seqno: 1 + random.integer(1000),
    })),
  );
  const { publicTables, privateTables } = encodeSnapshotTables(rows);

  test('decode to what was encoded', () => {
    assert.equal(publicTables.length, 0);
    assert.deepEqual(plain(decodeSnapshotTables(privateTables)), plain(rows));
  });

  test('are cut into parts of bounded size, of the wanted tables', () => {
    const parts = [
      ...splitSnapshotTables(privateTables, { partBytes: 200, wanted: (table) => table !== 'b' }),
    ];
    const wanted = rows.filter(({ table }) => table !== 'b');
    assert.deepEqual(
      parts.flatMap((part) => plain(decodeSnapshotTables(part))),
      plain(wanted),
    );
    assert.ok(
      parts.length > 20 && parts.every((part) => part.length < 400),
      String(parts.map((p) => p.length)),
    );
    assert.deepEqual([...splitSnapshotTables(privateTables)], [privateTables.slice()]);
    assert.deepEqual([...splitSnapshotTables(none)], []);
  });

  test('are read in any order of rows, and removed rows, which CCF writes, are not there', () => {
    const field = (value: bigint) => new Uint8Array(new BigUint64Array([value]).buffer);
    const row = (key: string, version: bigint) =>
      Buffer.concat([
        field(1n),
        utf8(key),
        new Uint8Array(7),
        field(9n),
        field(version),
        utf8('v'),
        new Uint8Array(7),
      ]);
    const table = (...all: Uint8Array[]) => {
      const body = Buffer.concat(all);
      return new Uint8Array(
        Buffer.concat([field(1n), utf8('t'), field(9n), field(BigInt(body.length)), body]),
      );
    };
    const keys = (bytes: Uint8Array) =>
      [...decodeSnapshotTables(bytes)].map(({ key }) => String.fromCharCode(...key));
    assert.deepEqual(keys(table(row('b', 3n), row('a', BigInt.asUintN(64, -4n)), row('c', 9n))), ['b', 'c']);
    const code = 'COCO_LEDGER_SNAPSHOT_MALFORMED';
    assert.throws(() => keys(table(row('b', 3n), row('a', 3n), row('b', 4n))), { code });
    assert.throws(() => keys(table(row('b', 0n))), { code });
    assert.throws(() => keys(new Uint8Array(Buffer.concat([table(row('a', 1n)), table(row('b', 1n))]))), {
      code,
    });
  });

  test('hostile bytes are refused or decode; nothing else happens', () => {
    for (let i = 0; i < 3_000; i++) {
      const bad = privateTables.slice(
        0,
        random.integer(4) === 0 ? random.integer(privateTables.length) : undefined,
      );
      for (let flips = random.integer(4); flips >= 0; flips--) {
        bad[random.integer(bad.length || 1)] = [0, 1, 8, 255, random.integer(256)][
          random.integer(5)
        ] as number;
      }
      try {
        for (const _ of decodeSnapshotTables(bad));
        for (const _ of splitSnapshotTables(bad));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'COCO_LEDGER_SNAPSHOT_MALFORMED', String(error));
      }
    }
  });

  test('from a worker are refused when they do not ascend, or come from the future', () => {
    const code = 'COCO_LEDGER_SNAPSHOT_MALFORMED';
    const one = (table: string, key: string, at: number) =>
      encodeSnapshotTables([{ table, key: utf8(key), value: none, seqno: at }]);
    const sealer = ledger.snapshot(seqno);
    sealer.add(one('app', 'b', seqno));
    assert.throws(() => sealer.add(one('app', 'a', 1)), { code });
    assert.throws(() => sealer.add(one('zoo', 'a', seqno + 1)), { code });
    assert.throws(() => sealer.add({ publicTables: one('app', 'z', 1).privateTables, privateTables: none }), {
      code,
    });
    const small = makeLedger(service, { snapshotBytesMax: 4000 });
    for (const entry of entries.slice(0, seqno)) small.add(small.open(entry.bytes));
    small.compact(seqno);
    const limited = small.snapshot(seqno);
    const large = { table: 'zoo', key: utf8('a'), value: new Uint8Array(4000), seqno: 1 };
    assert.throws(() => limited.add(encodeSnapshotTables([large])), { code: 'COCO_LEDGER_SNAPSHOT_SIZE' });
  });
});

describe('the receipt of a snapshot', () => {
  test('says that the service committed to exactly these bytes', () => {
    const verdict = verifySnapshot(file.bytes, serviceCertificate);
    assert.ok(verdict.valid);
    assert.deepEqual(verdict.digest, sha256(bytes));
    assert.deepEqual([verdict.seqno, verdict.evidence.seqno], [seqno, seqno + 1]);
    assert.ok(!verifySnapshot(file.bytes, makeService().identity.serviceCertificate).valid);
    assert.ok(!verifySnapshot(bytes, serviceCertificate).valid);
    const other = ledger.receipt(seqno - 1);
    assert.ok(other !== undefined && !verifySnapshot(snapshotFile(bytes, other), serviceCertificate).valid);
  });

  test('may be COSE, as from CCF 7 on', () => {
    const cose = ledger.coseReceipt(seqno + 1) as Uint8Array;
    assert.ok(verifySnapshot(new Uint8Array(Buffer.concat([bytes, cose])), serviceCertificate).valid);
    cose[cose.length - 1] = (cose.at(-1) as number) ^ 1;
    assert.ok(!verifySnapshot(new Uint8Array(Buffer.concat([bytes, cose])), serviceCertificate).valid);
  });

  test('of 500 random flips in a snapshot file none is missed', () => {
    const random = seededRandom(3);
    const receiptAt = bytes.length;
    for (let i = 0; i < 500; i++) {
      const inReceipt = i % 2 === 0;
      const length = file.bytes.length - receiptAt;
      const at = inReceipt ? receiptAt + random.integer(length) : random.integer(receiptAt);
      const bad = file.bytes.slice();
      bad[at] = (bad[at] as number) ^ (1 << random.integer(8));
      assert.ok(!verifySnapshot(bad, serviceCertificate).valid, `missed at ${at}`);
    }
  });
});

describe('opening a snapshot', () => {
  test('needs the ledger secret of its entry, and finds every change to what is encrypted', () => {
    const wrong = [{ fromSeqno: 1, key: new Uint8Array(32) }];
    assert.throws(() => openSnapshot(bytes, { secrets: wrong }), { code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC' });
    const later = [{ ...(secrets[0] as (typeof secrets)[0]), fromSeqno: seqno + 1 }];
    assert.throws(() => openSnapshot(bytes, { secrets: later }), { code: 'COCO_LEDGER_ENTRY_SECRET' });
    assert.throws(() => openSnapshot(bytes, { secrets, snapshotBytesMax: 1000 }), {
      code: 'COCO_LEDGER_SNAPSHOT_SIZE',
    });
  });

  test('hostile bytes are refused with a code, however they are changed', () => {
    const random = seededRandom(4);
    for (let i = 0; i < 1_000; i++) {
      const bad = bytes.slice(0, random.integer(4) === 0 ? random.integer(bytes.length) : undefined);
      const at = random.integer(random.integer(2) === 0 ? Math.min(200, bad.length || 1) : bad.length || 1);
      bad[at] = (bad[at] ?? 0) ^ (1 << random.integer(8));
      assert.throws(
        () => openSnapshot(bad, { secrets }),
        { code: /^COCO_LEDGER_(SNAPSHOT_(MALFORMED|SIZE)|ENTRY_(UNAUTHENTIC|SECRET))$/ },
        `byte ${at}`,
      );
    }
  });

  test('no IV of a snapshot is that of an entry', () => {
    const used = new Set(entries.map((entry) => toHex(entry.bytes.subarray(24, 36))));
    assert.ok(!used.has(toHex(bytes.subarray(24, 36))));
  });
});

test('the history of views says for each view where it begins, or the next that has entries', () => {
  const views = [
    { view: 2, from: 1 },
    { view: 3, from: 7 },
    { view: 6, from: 9 },
  ];
  const numbers = [...new BigUint64Array(encodeViews(views).slice().buffer)].map(Number);
  assert.deepEqual(numbers, [1, 1, 7, 9, 9, 9]);
  assert.deepEqual(decodeViews(encodeViews(views), 9), views);
  const code = 'COCO_LEDGER_SNAPSHOT_MALFORMED';
  for (const bad of [[], [0], [2], [1, 3, 2], [1, 10]]) {
    const encoded = new Uint8Array(new BigUint64Array(bad.map(BigInt)).buffer);
    assert.throws(() => decodeViews(encoded, 9), { code }, String(bad));
  }
});

test('names of snapshot files are CCF’s', () => {
  assert.equal(snapshotName({ seqno: 14, evidenceSeqno: 15 }), 'snapshot_14_15.committed');
  const parsed = { seqno: 14, evidenceSeqno: 15, committed: true, ignored: false };
  assert.deepEqual(parseSnapshotName('snapshot_14_15.committed'), parsed);
  assert.equal(
    parseSnapshotName(snapshotName({ seqno: 1, evidenceSeqno: 2, committed: false }))?.committed,
    false,
  );
  for (const bad of [
    'snapshot_15_14.committed',
    'snapshot_0_1',
    'snapshot_1.writing',
    'ledger_1-2',
    'snapshot_1_2x',
  ]) {
    assert.equal(parseSnapshotName(bad), undefined, bad);
  }
});
