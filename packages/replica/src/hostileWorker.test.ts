/**
 * MIT-1, ARC-3: a worker that was taken over can stop its own node, and do nothing to the others or to the ledger, wherever
 * it runs: the manager checks what it takes over.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import type { VersionedRow } from '@coco/kv';
import { encodeMaps, encodeSnapshotTables, type Ledger } from '@coco/ledger';
import { concatBytes, toHex, utf8 } from '@coco/primitives';
import { createEffects } from './effects.js';
import { Snapshotting } from './snapshotting.js';
import { type Cluster, createCluster, request, type TestNode } from './testing/cluster.js';
import type { ForManager } from './types.js';

type Proposal = Extract<ForManager, { readonly type: 'propose' }>;
type SnapshotPart = Extract<ForManager, { readonly type: 'snapshotPart' }>;

const none = new Uint8Array(0);
const fault = { code: 'COCO_REPLICA_WORKER' };

function started(): Cluster {
  const cluster = createCluster(3);
  cluster.pass(600);
  return cluster;
}

let proposals = 0;

function proposal(node: TestNode, more: Partial<Proposal> = {}): Proposal {
  const role = node.worker.findLast((message) => message.type === 'role');
  const view = role?.type === 'role' ? role.view : 0;
  const bare = { type: 'propose', view, publicMaps: none, privateMaps: none, items: 1 } as const;
  return { ...bare, proposal: ++proposals, ...more };
}

const maps = (table: string): Uint8Array =>
  encodeMaps([{ table, puts: [{ key: utf8('k'), value: utf8('v') }], removes: [] }]);

function refuses(cluster: Cluster, node: TestNode, message: ForManager): void {
  const before = node.replica.status().consensus.last.seqno;
  assert.throws(() => node.replica.step({ type: 'worker', message }), fault, JSON.stringify(message));
  assert.equal(node.replica.status().consensus.last.seqno, before);
  cluster.pass(20);
}

/** Cuts the primary off until it puts proposals off, and gives what it put off. */
function fill(cluster: Cluster, primary: TestNode): Proposal {
  for (const node of cluster.nodes) if (node !== primary) cluster.cut.add(node.id);
  for (let i = 0; i < 100; i++) {
    const made = proposal(primary, { privateMaps: maps('app.values') });
    cluster.fromWorker(primary, made);
    const last = primary.worker.at(-1);
    if (last?.type !== 'assigned' || last.proposal !== made.proposal) return made;
  }
  throw new Error('it never puts a proposal off');
}

test('what a backup could not read is never sealed: neither domain holds anything but rows of the worker', () => {
  const cluster = started();
  const primary = cluster.primary();
  const a = maps('app.a');
  for (const privateMaps of [utf8('anything at all'), a.subarray(1), concatBytes(a, a), maps('public:app.a')])
    refuses(cluster, primary, proposal(primary, { privateMaps }));
  for (const table of ['ccf.internal.x', 'coco.x'])
    refuses(cluster, primary, proposal(primary, { privateMaps: maps(table) }));
  for (const table of ['public:ccf.gov.members.info', 'public:coco.nodes.leases', 'app.a'])
    refuses(cluster, primary, proposal(primary, { publicMaps: maps(table) }));
  refuses(cluster, primary, proposal(primary, { claimsDigest: new Uint8Array(31) }));
  cluster.fromWorker(primary, proposal(primary, { privateMaps: a, publicMaps: maps('public:app.a') }));
  cluster.pass(50);
  for (const node of cluster.nodes) assert.ok(node.standIn.store.tables().includes('app.a'));
});

test('malformed writes are refused at once, also where they would be put off', () => {
  const cluster = started();
  const primary = cluster.primary();
  for (const node of cluster.nodes) if (node !== primary) cluster.cut.add(node.id);
  for (;;) {
    const { consensus, committed } = primary.replica.status();
    if (consensus.last.seqno - committed.seqno >= 40) break;
    cluster.fromWorker(primary, proposal(primary, { privateMaps: maps('app.values') }));
  }
  refuses(cluster, primary, proposal(primary, { privateMaps: utf8('anything at all') }));
});

test('one proposal waits at a time: a second takes the place of none', () => {
  const cluster = started();
  const primary = cluster.primary();
  const first = fill(cluster, primary);
  refuses(cluster, primary, proposal(primary));
  cluster.cut.clear();
  cluster.pass(100);
  const assigned = primary.worker.findLast(({ type }) => type === 'assigned');
  assert.ok(assigned?.type === 'assigned' && assigned.proposal === first.proposal);
});

test('the genesis is proposed when it is asked for, once, and counts no transactions', () => {
  const cluster = started();
  for (const node of cluster.nodes)
    refuses(cluster, node, { ...proposal(node), proposal: 0, items: 0, view: 0 });
  const fresh = createCluster(1);
  const [node] = fresh.nodes as readonly [TestNode];
  refuses(fresh, node, { ...proposal(node), proposal: 0, items: 0 });
  const other = createCluster(1).nodes[0] as TestNode;
  while (!other.replica.isPrimary) other.replica.step({ type: 'elapsed', ms: 5, nowMs: 0 });
  const genesis = { ...proposal(other), proposal: 0 };
  assert.throws(() => other.replica.step({ type: 'worker', message: { ...genesis, items: 5 } }), fault);
});

test('an entry counts at least one transaction, and no more than a batch can have', () => {
  const cluster = started();
  const primary = cluster.primary();
  for (const items of [0, -1, 0.5, Number.NaN, 2 ** 53, 1_000_000])
    refuses(cluster, primary, proposal(primary, { items }));
});

test('a request is forwarded once, however often the worker asks for it (TX-3)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const backup = cluster.nodes.find((node) => node !== primary) as TestNode;
  cluster.step(backup, { type: 'request', token: 7, request: request('write'), nowMs: 1 });
  const local = backup.worker.at(-1);
  assert.ok(local?.type === 'request');
  const arrived = (): number => primary.worker.filter(({ type }) => type === 'request').length;
  for (let i = 0; i < 3; i++) cluster.fromWorker(backup, { type: 'forward', id: local.id });
  assert.equal(arrived(), 1);
  const remote = primary.worker.at(-1);
  assert.ok(remote?.type === 'request');
  // Nor while the answer waits for what it depends on.
  const response = { status: 200, headers: {}, body: none, txId: { view: 2, seqno: 1000 } };
  cluster.fromWorker(primary, { type: 'response', id: remote.id, response });
  cluster.fromWorker(backup, { type: 'forward', id: local.id });
  assert.equal(arrived(), 1);
});

test('an answer that would break the framing of HTTP, or cost this node its connection to a peer, ends the worker', () => {
  const cluster = started();
  const primary = cluster.primary();
  const long = 'x'.repeat(70_000);
  const bad: readonly { readonly status?: unknown; readonly headers?: unknown }[] = [
    { status: 100 },
    { status: 600 },
    { status: 200.5 },
    { status: '200' },
    { headers: { 'a\r\nb': 'c' } },
    { headers: { A: 'c' } },
    { headers: { a: 'c\r\nset-cookie: d' } },
    { headers: { a: 5 } },
    { headers: { a: long } },
    { headers: { 'transfer-encoding': 'chunked' } },
    { headers: { 'x-ms-ccf-transaction-id': '2.5' } },
    { headers: null },
  ];
  for (const [index, more] of bad.entries()) {
    const token = 100 + index;
    const event = { type: 'request', token, request: request('read'), nowMs: 1 } as const;
    cluster.step(primary, event);
    const asked = primary.worker.at(-1);
    assert.ok(asked?.type === 'request');
    const response = { status: 200, headers: {}, body: none, ...more } as never;
    refuses(cluster, primary, { type: 'response', id: asked.id, response });
    cluster.fromWorker(primary, {
      type: 'response',
      id: asked.id,
      response: { status: 200, headers: { etag: 'a' }, body: none },
    });
  }
});

/** Asks the primary for a snapshot, and gives the id under which it asked its worker, which does not answer by itself. */
function asked(cluster: Cluster): number {
  const primary = cluster.primary();
  const { standIn } = primary;
  const receive = standIn.receive.bind(standIn);
  standIn.receive = (message) => {
    if (!message.type.startsWith('snapshot')) return receive(message);
    standIn.told.push(message);
    return undefined;
  };
  const before = primary.worker.length;
  cluster.step(primary, { type: 'makeSnapshot' });
  cluster.pass(20);
  const message = primary.worker.slice(before).find(({ type }) => type === 'snapshot');
  assert.ok(message?.type === 'snapshot', 'it asked for the tables');
  return message.id;
}

function withRows(count: number): { readonly cluster: Cluster; readonly primary: TestNode } {
  const cluster = started();
  const primary = cluster.primary();
  const puts = Array.from({ length: count }, (_, i) => ({ key: utf8(`k${i}`), value: none }));
  const privateMaps = encodeMaps([{ table: 'app.a', puts, removes: [] }]);
  cluster.fromWorker(primary, proposal(primary, { privateMaps }));
  cluster.pass(50);
  return { cluster, primary };
}

const row = (table: string) => ({ table, key: utf8('k'), value: utf8('v'), seqno: 1 });

test('a part of a snapshot that is none ends the worker, not the snapshot alone', () => {
  const { cluster, primary } = withRows(8);
  const id = asked(cluster);
  const tables = (one: VersionedRow): Uint8Array => {
    const { publicTables, privateTables } = encodeSnapshotTables([one]);
    return concatBytes(publicTables, privateTables);
  };
  const good = tables(row('app.z'));
  const empty = concatBytes(sized(utf8('app.z')), new Uint8Array(16));
  const shared = new Uint8Array(new SharedArrayBuffer(good.length));
  shared.set(good);
  const bad: readonly (readonly [RegExp, Partial<SnapshotPart>])[] = [
    [/malformed/, { publicTables: utf8('garbage') }],
    [/malformed/, { privateTables: utf8('garbage') }],
    [/wrong domain/, { publicTables: good }],
    [/wrong domain/, { privateTables: tables(row('public:app.z')) }],
    [/governance/, { publicTables: tables(row('public:ccf.gov.members.info')) }],
    [/governance/, { privateTables: tables(row('ccf.x')) }],
    [/do not ascend/, { privateTables: concatBytes(good, good) }],
    [/name of a table/, { privateTables: tables(row('x'.repeat(257))) }],
    [/too long/, { privateTables: tables({ ...row('app.y'), key: new Uint8Array(9000) }) }],
    [/newer than the snapshot/, { privateTables: tables({ ...row('app.x'), seqno: 1e9 }) }],
    [/no rows/, { privateTables: empty }],
    [/bytes of its own/, { privateTables: shared }],
    [/bytes of its own/, { privateTables: 'tables' as never }],
  ];
  for (const [message, more] of bad) {
    const part = { type: 'snapshotPart', id, publicTables: none, privateTables: none, last: false } as const;
    assert.throws(() => primary.replica.step({ type: 'worker', message: { ...part, ...more } }), {
      ...fault,
      message,
    });
  }
});

const sized = (bytes: Uint8Array): Uint8Array => {
  const length = new Uint8Array(8);
  length[0] = bytes.length;
  return concatBytes(length, bytes);
};

test('a part for which nobody asked ends the worker', () => {
  const { cluster, primary } = withRows(8);
  const id = asked(cluster);
  const part = { type: 'snapshotPart', id, publicTables: none, privateTables: none, last: false } as const;
  cluster.fromWorker(primary, part);
  refuses(cluster, primary, part);
});

test('a worker that never comes to an end with its parts is not waited for', () => {
  const add = (): void => undefined;
  const ledger = { compact: () => undefined, snapshot: () => ({ add }) } as unknown as Ledger;
  const snapshots = new Snapshotting(0, 0, ledger);
  const effects = createEffects();
  snapshots.begin(5);
  snapshots.gather(5, { publicTables: none, privateTables: none }, effects);
  const part = { type: 'snapshotPart', id: 1, publicTables: none, privateTables: none, last: false } as const;
  let parts = 0;
  for (; snapshots.trouble === undefined && parts < 1_000_000; parts++) {
    snapshots.part(part, effects);
    snapshots.elapsed(effects);
  }
  assert.equal(parts, 100_001);
  assert.equal(effects.now.at(-1)?.type, 'snapshotEnd');
  assert.match(snapshots.trouble ?? '', /more than 100000 parts/);
});

/** Seqno and flag, by which a snapshot is encrypted. */
const ivOf = (bytes: Uint8Array): string => toHex(bytes.subarray(24, 36));

test('each attempt at a snapshot has an IV of its own, whatever the worker gives when it is asked again (CONF-1)', () => {
  const cluster = started();
  const made = new Map<string, string>();
  const attempts: number[] = [];
  for (const node of cluster.nodes) {
    const { ledger } = node;
    const snapshot = ledger.snapshot.bind(ledger);
    ledger.snapshot = (seqno) => {
      attempts.push(seqno);
      return snapshot(seqno);
    };
  }
  const attempt = (more: Partial<SnapshotPart> | 'failed'): void => {
    const primary = cluster.primary();
    const id = asked(cluster);
    const tables = encodeSnapshotTables([{ ...row('app.z'), value: utf8(String(attempts.length)) }]);
    if (more === 'failed') cluster.fromWorker(primary, { type: 'snapshotFailed', id, reason: 'no' });
    else cluster.fromWorker(primary, { type: 'snapshotPart', id, ...tables, last: true, ...more });
    cluster.pass(100);
    for (const { snapshots } of cluster.nodes) {
      for (const { bytes } of snapshots.values()) {
        const digest = toHex(sha256(bytes));
        assert.equal(made.get(ivOf(bytes)) ?? digest, digest);
        made.set(ivOf(bytes), digest);
      }
    }
  };
  attempt({});
  attempt('failed');
  attempt({ last: false });
  cluster.step(cluster.primary(), { type: 'transferLeadership' });
  cluster.pass(400);
  attempt({});
  attempt({});
  assert.equal(made.size, 3);
  assert.equal(attempts.length, 5);
  assert.deepEqual(
    attempts,
    [...new Set(attempts)].sort((a, b) => a - b),
  );
});

test('a second attempt at the same signature is no attempt', () => {
  const ledger = {
    compact: () => undefined,
    snapshot: () => ({ add: () => undefined }),
  } as unknown as Ledger;
  const snapshots = new Snapshotting(0, 0, ledger);
  const tables = { publicTables: none, privateTables: none };
  const effects = createEffects();
  snapshots.begin(5);
  assert.equal(snapshots.reached(5), 5);
  snapshots.gather(5, tables, effects);
  assert.equal(snapshots.reached(6), undefined);
  snapshots.failed(1, 'no');
  snapshots.begin(5);
  assert.throws(() => snapshots.gather(5, tables, effects), { name: 'AssertionError' });
});
