/**
 * Keys rotate when somebody is distrusted or leaves, and on demand (MIT-4): what is written then is for those alone who stay.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { governanceTables, readNetworkKey } from '@coco/governance';
import { chunkOfBytes, createLedger, encodeMaps, readLedger } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';
import { KeyWorld } from '../../governance/dist/testing/keyWorld.js';
import { assertEqual, backupOf, decide, memberOf, started } from './deciding.test.js';
import { Governing } from './governing.js';
import { Rekeying } from './rekeying.js';
import { type Cluster, type ClusterOptions, statusIn, type TestNode } from './testing/cluster.js';
import { addNodeAction, ballotRequest, bodyOf, proposalRequest } from './testing/members.js';
import { tupleOf } from './testing/service.js';
import type { Custody } from './types.js';

/** A cluster in which everybody has proved what it runs, and so has a share key on record. */
function rekeying(count = 4, options: ClusterOptions = {}): Cluster {
  const cluster = started(count, { rekeys: true, ...options });
  for (const { identity } of cluster.nodes) assert.equal(cluster.renew(cluster.primary(), identity), 200);
  return cluster;
}

const row = (state: string) => ({
  state,
  granted_at: 0,
  expires_at: 0,
  reason: {
    code: state === 'distrusted' ? 'COCO_LEASE_DISTRUSTED' : 'COCO_LEASE_LAPSED',
    sentence: 'it was stolen',
  },
});

function judge(cluster: Cluster, node: TestNode, state: 'distrusted' | 'lapsed'): void {
  const args = { table: 'coco.nodes.leases', key: node.id, value: row(state) };
  decide(cluster, cluster.primary(), [{ name: 'set_row', args }]);
  cluster.pass(200);
}

/** Has the worker write something private; gives the seqno. */
function write(cluster: Cluster, text: string): number {
  const primary = cluster.primary();
  const role = primary.worker.findLast((message) => message.type === 'role');
  const rows = [{ table: 'app.values', puts: [{ key: utf8('k'), value: utf8(text) }], removes: [] }];
  const privateMaps = encodeMaps(rows);
  const view = role?.type === 'role' ? role.view : 0;
  const maps = { publicMaps: new Uint8Array(0), privateMaps };
  cluster.fromWorker(primary, { type: 'propose', proposal: proposals++, view, ...maps, items: 1 });
  cluster.pass(60);
  const assigned = primary.worker.findLast((message) => message.type === 'assigned');
  return assigned?.type === 'assigned' ? assigned.txId.seqno : 0;
}

let proposals = 1;

/** What whoever has the secrets of `node` can read of the entry `seqno` of another's disk. */
function readBy(node: TestNode, other: TestNode, seqno: number): string {
  const { serviceCertificate } = node.identity;
  const ledger = createLedger({ serviceCertificate, secrets: [] });
  const secrets = node.ledger.secretsAfter(node.ledger.last.seqno);
  try {
    return fromUtf8(ledger.open(other.disk[seqno - 1] as Uint8Array, [], secrets).privateMaps) ?? 'bytes';
  } catch (error) {
    const { code } = error as { code: string };
    return code === 'COCO_LEDGER_ENTRY_SECRET' ? unreadable : code;
  }
}

const unreadable = 'COCO_LEDGER_ENTRY_UNAUTHENTIC';
const count = ({ ledger }: TestNode): number => ledger.secrets.length;
const others = (cluster: Cluster, node: TestNode) => cluster.nodes.filter((one) => one !== node);

test('MIT-4: what follows when a node is distrusted it cannot read, and all others can', () => {
  const cluster = rekeying();
  const primary = cluster.primary();
  const bad = backupOf(cluster);
  const before = write(cluster, 'before');
  judge(cluster, bad, 'distrusted');
  const after = write(cluster, 'after');
  assert.deepEqual(others(cluster, bad).map(count), [2, 2, 2]);
  assert.equal(count(bad), 1);
  assert.notEqual(readBy(bad, primary, before), unreadable);
  assert.equal(readBy(bad, primary, after), unreadable);
  for (const node of others(cluster, bad)) {
    assert.notEqual(readBy(node, primary, after), unreadable);
    assert.deepEqual(node.secrets, node.ledger.secrets, 'kept');
    assert.equal(node.standIn.store.head, after);
  }
  assertEqual(others(cluster, bad));
  const { fromSeqno } = primary.ledger.secrets.at(-1) as { fromSeqno: number };
  const telling = primary.ledger.open(primary.disk[fromSeqno - 2] as Uint8Array).publicMaps;
  assert.match(Buffer.from(telling).toString('latin1'), new RegExp(`"from":${fromSeqno},`), 'CONF-2');
  assert.equal(primary.replica.status().rekeyTrouble, undefined);
});

test('MIT-4: removal by vote changes the key, for good, and only once', () => {
  const cluster = rekeying();
  const gone = backupOf(cluster);
  decide(cluster, cluster.primary(), [{ name: 'remove_node', args: { node_id: gone.id } }]);
  cluster.pass(400);
  assert.equal(statusIn(cluster.primary().network?.committed, gone.id), 'Retired for good');
  assert.equal(readBy(gone, cluster.primary(), write(cluster, 'after')), unreadable);
  cluster.step(cluster.primary(), { type: 'forgetNode', token: 1, nodeId: gone.id });
  cluster.pass(2_000);
  assert.deepEqual(others(cluster, gone).map(count), [2, 2, 2]);
});

test('nodes go on after a restart, from their entries and from what they kept', () => {
  const cluster = rekeying();
  judge(cluster, backupOf(cluster), 'distrusted');
  write(cluster, 'after');
  const staying = others(cluster, backupOf(cluster));
  for (const node of staying.filter((one) => one !== cluster.primary())) {
    node.up = false;
    cluster.restart(node);
    cluster.pass(100);
    assert.equal(count(node), 2);
  }
  cluster.primary().up = false;
  for (const node of cluster.nodes.filter(({ up }) => !up)) cluster.restart(node);
  cluster.pass(800);
  write(cluster, 'again');
  assertEqual(staying);
});

test('a new secret goes with the entry that told it, also where that was taken over, and others replace it', () => {
  const cluster = rekeying(5);
  const old = cluster.primary();
  const [follower] = others(cluster, old) as [TestNode];
  const action = { name: 'trigger_ledger_rekey', args: {} };
  const made = cluster.ask(old, proposalRequest(memberOf(cluster, 0), [action]));
  const proposalId = String(bodyOf(made).proposalId);
  cluster.ask(old, ballotRequest(memberOf(cluster, 0), proposalId));
  for (const node of others(cluster, old)) if (node !== follower) cluster.cut.add(node.id);
  cluster.step(old, {
    type: 'request',
    token: 1,
    request: ballotRequest(memberOf(cluster, 1), proposalId),
    nowMs: 1_000_000,
  });
  cluster.pass(30);
  assert.deepEqual([old, follower].map(count), [2, 2]);
  assert.deepEqual(
    [old, follower].map(({ secrets }) => secrets.length),
    [2, 2],
    'kept before it is acknowledged',
  );
  cluster.cut.clear();
  for (const node of [old, follower]) cluster.cut.add(node.id);
  cluster.pass(800);
  write(cluster, 'theirs');
  cluster.cut.clear();
  cluster.pass(800);
  assertEqual(cluster.nodes);
  for (const node of cluster.nodes) assert.deepEqual([count(node), node.secrets.length], [1, 1]);
  decide(cluster, cluster.primary(), [action]);
  write(cluster, 'after');
  assertEqual(cluster.nodes);
  for (const node of cluster.nodes) assert.equal(count(node), 2);
});

test('a primary that is removed does not change the key: the next one does', () => {
  const cluster = rekeying();
  const old = cluster.primary();
  decide(cluster, old, [{ name: 'remove_node', args: { node_id: old.id } }]);
  cluster.pass(800);
  const staying = others(cluster, old);
  const primary = staying.find(({ replica }) => replica.isPrimary) as TestNode;
  assert.deepEqual(staying.map(count), [2, 2, 2]);
  assert.equal(count(old), 1);
  assert.equal(primary.replica.status().rekeyTrouble, undefined);
});

test('a node that comes back is told what it missed, and what comes by new secrets; until then it waits', () => {
  const cluster = rekeying();
  const primary = cluster.primary();
  const bad = backupOf(cluster);
  judge(cluster, bad, 'distrusted');
  write(cluster, 'missed');
  judge(cluster, bad, 'lapsed');
  assert.equal(cluster.renew(primary, bad.identity), 200);
  cluster.pass(300);
  assert.ok(bad.replica.status().untoldFrom !== undefined, 'it lives, and says what it lacks');
  assert.ok(bad.replica.commit < primary.replica.commit);
  cluster.step(bad, { type: 'secrets', secrets: primary.ledger.secrets });
  assert.deepEqual(bad.secrets, primary.ledger.secrets.slice(0, 2), 'kept at once, where an entry tells it');
  write(cluster, 'after');
  cluster.pass(300);
  assertEqual(cluster.nodes);
  assert.equal(bad.replica.status().untoldFrom, undefined);
  assert.equal(
    count(bad),
    4,
    'it changed when the vote was about a node that is out, and when that came back',
  );
  judge(cluster, bad, 'distrusted');
  assert.equal(readBy(bad, primary, write(cluster, 'gone')), unreadable);
});

/** A node that starts from a snapshot that is made after epoch 2 has begun, with the secrets that there are. Nobody has admitted it yet. */
function joining(cluster: Cluster): TestNode {
  const primary = cluster.primary();
  const identity = cluster.newIdentity();
  decide(cluster, primary, [
    addNodeAction(memberOf(cluster, 0), tupleOf(identity)),
    { name: 'trigger_ledger_rekey', args: {} },
  ]);
  for (let turn = 0; turn < 12; turn++) write(cluster, `${turn}`);
  cluster.pass(300);
  const file = [...primary.snapshots.values()].at(-1)?.bytes;
  assert.ok(file !== undefined);
  return cluster.join(identity, file, primary.ledger.secrets);
}

test('a node that starts from a snapshot goes on with the secrets that it was told', () => {
  const cluster = rekeying(3, { settings: { snapshotEntries: 20 } });
  const primary = cluster.primary();
  const joined = joining(cluster);
  assert.equal(cluster.admit(primary, joined.identity), 200);
  judge(cluster, backupOf(cluster), 'distrusted');
  cluster.pass(300);
  write(cluster, 'after');
  assert.deepEqual([count(joined), joined.secrets.length], [3, 3]);
  assert.equal(joined.ledger.last.seqno, primary.ledger.last.seqno);
  cluster.restart(joined);
  cluster.pass(300);
  assert.equal(joined.ledger.last.seqno, primary.ledger.last.seqno);
});

test('a node that comes while a new secret is not committed is told that one too: nothing can be committed without it', () => {
  const cluster = rekeying(1, { settings: { snapshotEntries: 20 } });
  const primary = cluster.primary();
  const joined = joining(cluster);
  primary.stuck = true;
  const { commit } = primary.replica;
  cluster.skip(24 * 3_600_000);
  cluster.pass(20);
  assert.equal(count(primary), 3, 'the epoch is over');
  cluster.admit(primary, joined.identity);
  primary.stuck = false;
  write(cluster, 'on the disk, with all before');
  cluster.pass(300);
  assert.deepEqual(
    [primary, joined].map(({ replica }) => replica.commit),
    [commit, commit],
  );
  assert.equal(joined.replica.status().untoldFrom, primary.ledger.secrets[2]?.fromSeqno);
  cluster.step(joined, { type: 'secrets', secrets: primary.ledger.secrets });
  cluster.pass(300);
  assertEqual(cluster.nodes);
  assert.equal(statusIn(joined.network?.committed, joined.id), 'Trusted');
});

test('where a node has no epoch key on record yet, the key changes once it has one, and until then status says why not', () => {
  const cluster = started(4, { rekeys: true });
  const primary = cluster.primary();
  const gone = backupOf(cluster);
  decide(cluster, primary, [{ name: 'remove_node', args: { node_id: gone.id } }]);
  assert.match(primary.replica.status().rekeyTrouble ?? '', /3 nodes have no epoch key on record/);
  for (const node of others(cluster, gone)) assert.equal(cluster.renew(primary, node.identity), 200);
  cluster.pass(100);
  assert.equal(primary.replica.status().rekeyTrouble, undefined);
  assert.deepEqual(others(cluster, gone).map(count), [2, 2, 2]);
});

test('a node that was to join, and may have been told, leaves with a vote as well', () => {
  const cluster = rekeying(3);
  const identity = cluster.newIdentity();
  const primary = cluster.primary();
  decide(cluster, primary, [addNodeAction(memberOf(cluster, 0), tupleOf(identity))]);
  const forget = ['ccf.gov.nodes.info', 'coco.nodes.tuples'].map((table) => ({
    name: 'set_row',
    args: { table, key: identity.nodeId },
  }));
  decide(cluster, primary, forget);
  assert.deepEqual(cluster.nodes.map(count), [2, 2, 2]);
});

test('CONF-3: what begins after a signature over the key of the network is sealed to it, and nothing before that', () => {
  const world = new KeyWorld([1]);
  const { id } = world.nodeOf(0);
  const [table, key] = [governanceTables.nodeEvidence, utf8(id)];
  const row = JSON.parse(fromUtf8(world.reader.get(table, key) ?? utf8('{}')) ?? '');
  world.write((to) => to.put(table, key, utf8(JSON.stringify({ ...row, epoch_key: 'ab'.repeat(32) }))));
  const before = world.store.head;
  world.runTo(1);
  const asked: boolean[] = [];
  const custody: Custody = {
    makeSecret({ networkKey }) {
      asked.push(networkKey !== undefined);
      return { digest: '77'.repeat(32), nodes: { [id]: new Uint8Array(80) } };
    },
    newId: () => new Uint8Array(32),
  };
  const rekeying = new Rekeying(id, custody, { secrets: [{ fromSeqno: 1, key: new Uint8Array(32) }] });
  // Nothing is known to be committed, as after a start: nobody opens its copy before, who may be needed for committing the key.
  const governance = {} as ConstructorParameters<typeof Governing>[0];
  const from = { commit: 0, signed: before };
  const governing = new Governing(governance, world.store, from, { endorse: undefined, rekeying });
  const write = (): void => {
    const { signedTables: signed } = governing;
    assert.equal(rekeying.write(governing.begin(), { nowMs: 1, last: 7, signed }), undefined);
  };
  assert.equal(rekeying.isDue(governing, 1), false);
  write();
  governing.signed(world.store.head + 1);
  rekeying.rest();
  assert.equal(rekeying.isDue(governing, 1), true);
  write();
  assert.notEqual(readNetworkKey(governing.signedTables), undefined);
  governing.rollback(before);
  assert.equal(readNetworkKey(governing.signedTables), undefined);
  assert.deepEqual(asked, [false, true]);
});

test('members cannot change the key by a row of their own, and nodes without the means refuse to', () => {
  const cluster = started(3);
  const propose = (name: string, args: unknown): string => {
    try {
      decide(cluster, cluster.primary(), [{ name, args }]);
      return 'done';
    } catch (error) {
      return String(error);
    }
  };
  assert.match(propose('set_row', { table: 'coco.ledger.secrets', value: {} }), /Failed/);
  assert.match(propose('trigger_ledger_rekey', {}), /cannot be changed: this node makes no keys/);
});

const data = fileURLToPath(
  new URL('../../../../shared/data/ccf-ledgers/acme_containing_service/ledger/', import.meta.url),
);
const skip = existsSync(data) ? false : `CCF's ledgers are not at ${data}`;

test('CCF’s own constitution changes the key by trigger_ledger_rekey', { skip }, () => {
  const files = readdirSync(data).map((name) =>
    chunkOfBytes(name, new Uint8Array(readFileSync(data + name))),
  );
  const [genesis] = readLedger(files);
  const rows = genesis?.publicWrites.find(({ table }) => table === 'public:ccf.gov.constitution')?.puts;
  const constitution = JSON.parse(fromUtf8(rows?.[0]?.value ?? new Uint8Array(0)) ?? '') as string;
  const cluster = rekeying(3, { genesis: { constitution } });
  decide(cluster, cluster.primary(), [{ name: 'trigger_ledger_rekey', args: undefined }]);
  write(cluster, 'after');
  assert.deepEqual(cluster.nodes.map(count), [2, 2, 2]);
  assertEqual(cluster.nodes);
});
