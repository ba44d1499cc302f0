/** Auditors read what the members have granted, for as long as they have, and each read is on the ledger. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { createGovernance } from '../createGovernance.js';
import { writeEpoch } from '../networkKey/epochs.js';
import { schemas } from '../openapi/schemas.js';
import { putRow } from '../rows.js';
import { constitution, sandbox } from '../scripts/scriptWorld.test.js';
import { defaultGovernanceSettings } from '../settings.js';
import { constitutionSummary } from '../summary.js';
import { governanceTables as tables } from '../tables.js';
import { schemaErrors } from '../testing/checkSchema.js';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { createWorld, type World } from '../testing/world.js';
import { grantedSeqnos, readAuditGrant } from './auditGrant.js';
import {
  type AuditedPart,
  type AuditRead,
  auditReadKey,
  auditReadRow,
  auditReadsMax,
  parseAuditRead,
  recordAuditRead,
} from './auditRead.js';

const governance = createGovernance({ sandbox, settings: defaultGovernanceSettings });
const auditor = makeIdentity({ name: 'auditor' });
const hour = 3_600_000;

/** Epoch 1 has the entries 1 to 9, 2 has 10 to 19, 3 has 20 to 29; 4 is not over. */
function auditWorld(script = constitution): World {
  const world = createWorld({ constitution: script, governance });
  const transaction = world.store.begin();
  for (const epoch of [1, 2, 3, 4]) {
    const from = epoch === 1 ? 1 : (epoch - 1) * 10;
    writeEpoch(transaction, { epoch, from, atMs: 1, digest: '0'.repeat(64), network: '1'.repeat(64) });
  }
  world.store.commit(transaction, 2);
  return world;
}

/** By the votes of all; the state of the proposal, and its id. */
function decide(
  world: World,
  ...actions: readonly unknown[]
): { readonly state: unknown; readonly id: string } {
  const [alice, bob] = world.members as [Identity, Identity];
  world.nowMs += 1000;
  const { proposalId } = world.propose(alice, ...actions).json as { proposalId: string };
  world.vote(alice, proposalId, true);
  return { state: world.vote(bob, proposalId, true).json['proposalState'], id: proposalId };
}

const grantOf = (world: World, fields: object) => ({
  name: 'grant_audit',
  args: { auditor: auditor.certificate.pem, name: 'Audit & Co', expires_at: world.nowMs + hour, ...fields },
});

function granted(world: World, fields: object): string {
  const { state, id } = decide(world, grantOf(world, fields));
  assert.equal(state, 'Accepted');
  return id;
}

let reads = 0;

function readOf(world: World, grant: string, what: AuditedPart): AuditRead {
  const nodeId = world.node.key.publicKey.fingerprint;
  const id = (++reads).toString(16).padStart(32, '0');
  return { id, grant, auditor: auditor.id, nodeId, what, atMs: world.nowMs };
}

/** "" when it is recorded, else the code. */
function record({ store, nowMs }: World, read: AuditRead, nodeId = read.nodeId): string {
  const transaction = store.begin();
  const outcome = recordAuditRead(transaction, nodeId, read, nowMs);
  const wrote = transaction.writeSet().length > 0;
  assert.equal(wrote, outcome.outcome === 'recorded');
  if (wrote) store.commit(transaction, store.head + 1);
  return outcome.outcome === 'recorded' ? '' : outcome.code;
}

test('a grant of epoch 2 is for epoch 2, and neither for 1 nor for 3; each read is on the ledger', () => {
  const world = auditWorld();
  const grant = granted(world, { epochs: { from: 2, to: 2 } });
  const of = (...epochs: number[]): AuditRead => readOf(world, grant, { epochs });
  assert.equal(record(world, of(1)), 'COCO_AUDIT_EPOCH');
  assert.equal(record(world, of(3)), 'COCO_AUDIT_EPOCH');
  assert.equal(record(world, of(2, 3)), 'COCO_AUDIT_EPOCH');
  const all: AuditedPart = { tables: ['a'], seqnos: { from: 10, to: 19 } };
  assert.equal(record(world, readOf(world, grant, all)), 'COCO_AUDIT_TABLE');
  const read = of(2);
  assert.equal(record(world, read), '');
  const { value } = world.get('/gov/coco/audit/reads').json as { value: unknown[] };
  assert.deepEqual(value, [auditReadRow(read)]);
  assert.deepEqual(schemaErrors(schemas.AuditRead, value[0]), []);
  assert.deepEqual(parseAuditRead(read.id, value[0]), read);
  assert.ok(world.store.read(world.store.head).has(tables.auditReads, utf8(auditReadKey(read))));
});

test('an epoch that is not over is nobody’s: its secret would open what is still to come', () => {
  const world = auditWorld();
  const grant = granted(world, { epochs: { from: 3, to: 5 } });
  assert.equal(record(world, readOf(world, grant, { epochs: [3] })), '');
  assert.equal(record(world, readOf(world, grant, { epochs: [3, 4] })), 'COCO_AUDIT_RUNNING');
  assert.equal(record(world, readOf(world, grant, { epochs: [5] })), 'COCO_AUDIT_RUNNING');
});

test('a grant of tables is for these tables, in its range', () => {
  const world = auditWorld();
  const bySeqno = granted(world, { tables: ['eth.blocks', 'eth.logs'], seqnos: { from: 12, to: 25 } });
  const byEpoch = granted(world, { tables: ['eth.logs'], epochs: { from: 2, to: 3 } });
  const code = (grant: string, from: number, to: number, ...names: string[]): string =>
    record(world, readOf(world, grant, { tables: names, seqnos: { from, to } }));
  assert.equal(code(bySeqno, 12, 25, 'eth.blocks', 'eth.logs'), '');
  assert.equal(code(bySeqno, 11, 25, 'eth.logs'), 'COCO_AUDIT_RANGE');
  assert.equal(code(bySeqno, 12, 26, 'eth.logs'), 'COCO_AUDIT_RANGE');
  assert.equal(code(bySeqno, 12, 25, 'eth.accounts'), 'COCO_AUDIT_TABLE');
  assert.equal(code(byEpoch, 10, 29, 'eth.logs'), '');
  assert.equal(code(byEpoch, 9, 29, 'eth.logs'), 'COCO_AUDIT_RANGE');
  assert.equal(code(byEpoch, 10, 30, 'eth.logs'), 'COCO_AUDIT_RANGE');
  assert.equal(record(world, readOf(world, byEpoch, { epochs: [2] })), 'COCO_AUDIT_EPOCH');
  const later = granted(world, { tables: ['a'], epochs: { from: 4, to: 9 } });
  const reader = world.store.read(world.store.head);
  const open = { from: 30, to: Number.MAX_SAFE_INTEGER };
  assert.deepEqual(grantedSeqnos(reader, readAuditGrant(reader, later) as never), open);
});

test('nothing is read after the grant has ended or was revoked, nor by anybody else', () => {
  const world = auditWorld();
  const grant = granted(world, { epochs: { from: 2, to: 2 } });
  const read = (): AuditRead => readOf(world, grant, { epochs: [2] });
  assert.equal(record(world, { ...read(), auditor: makeIdentity().id }), 'COCO_AUDIT_CALLER');
  assert.equal(record(world, { ...read(), grant: 'other' }), 'COCO_AUDIT_GRANT');
  const revoked = granted(world, { epochs: { from: 2, to: 2 } });
  assert.equal(decide(world, { name: 'revoke_audit', args: { grant_id: revoked } }).state, 'Accepted');
  assert.equal(record(world, { ...read(), grant: revoked }), 'COCO_AUDIT_GRANT');
  assert.equal(record(world, read()), '');
  world.nowMs += hour;
  assert.equal(record(world, read()), 'COCO_AUDIT_EXPIRED');
});

test('reads are recorded for nodes that take part, each for itself, and not without end', () => {
  const world = auditWorld();
  const grant = granted(world, { epochs: { from: 2, to: 2 } });
  const read = (): AuditRead => readOf(world, grant, { epochs: [2] });
  assert.equal(record(world, read(), 'ab'.repeat(32)), 'COCO_AUDIT_NODE');
  assert.equal(record(world, { ...read(), nodeId: 'ab'.repeat(32) }, read().nodeId), 'COCO_AUDIT_NODE');
  const transaction = world.store.begin();
  for (let index = 0; index < auditReadsMax - 1; index++) {
    putRow(transaction, tables.auditReads, auditReadKey(read()), auditReadRow(read()));
  }
  world.store.commit(transaction, world.store.head + 1);
  assert.equal(record(world, read()), '');
  assert.equal(record(world, read()), 'COCO_AUDIT_LIMIT');
});

test('grants are part of the constitution, in sight of everybody; each has an id of its own', () => {
  const world = auditWorld();
  const before = constitutionSummary(world.store.read(world.store.head));
  const one = grantOf(world, { epochs: { from: 2, to: 2 } });
  const two = grantOf(world, { tables: ['a'], seqnos: { from: 2, to: 2 } });
  const { id } = decide(world, one, two);
  const after = constitutionSummary(world.store.read(world.store.head));
  assert.notEqual(after.digest, before.digest);
  assert.deepEqual(Object.keys(after.auditors), [id, `${id}.2`]);
  const { value } = world.get('/gov/coco/audit/grants').json as { value: Record<string, unknown>[] };
  assert.deepEqual(
    value.map(({ grant_id, name, over, auditor: who }) => [grant_id, name, over, who]),
    [id, `${id}.2`].map((grantId) => [grantId, 'Audit & Co', false, auditor.id]),
  );
  for (const row of value) assert.deepEqual(schemaErrors(schemas.AuditGrant, row), []);
});

test('bad input: no constitution grants what is no grant, or is over, or writes reads', () => {
  const world = auditWorld();
  assert.equal(decide(world, grantOf(world, { epochs: { from: 1, to: 1 }, expires_at: 5 })).state, 'Failed');
  const row = {
    auditor: auditor.id,
    cert: auditor.certificate.pem,
    name: 'x',
    expires_at: world.nowMs + hour,
  };
  const rows: readonly (readonly [string, object, string])[] = [
    ['grants', { ...row, epochs: { from: 1, to: 2 } }, 'Accepted'],
    ['grants', { ...row, auditor: 'ab'.repeat(32), epochs: { from: 1, to: 2 } }, 'Failed'],
    ['grants', row, 'Failed'],
    ['grants', { ...row, epochs: { from: 2, to: 1 } }, 'Failed'],
    ['grants', { ...row, tables: 'all', epochs: { from: 1, to: 1 } }, 'Failed'],
    ['grants', { ...row, seqnos: { from: 1, to: 1 } }, 'Failed'],
    ['reads', {}, 'Failed'],
  ];
  for (const [index, [table, value, state]] of rows.entries()) {
    const script = `export function validate() { return { valid: true, description: '' }; }
      export function resolve(proposal, id, votes) { return votes.length > 1 ? 'Accepted' : 'Open'; }
      export function apply() {
        const value = ccf.jsonCompatibleToBuf(${JSON.stringify(value)});
        ccf.kv['public:coco.audit.${table}'].set(ccf.strToBuf('g'), value);
      }`;
    const other = auditWorld(script);
    assert.equal(decide(other, { name: 'x' }).state, state, `case ${index}`);
  }
});

test('a read from elsewhere is read strictly, within limits', () => {
  const world = auditWorld();
  const read = readOf(world, 'g', { epochs: [1, 2] });
  const row = auditReadRow(read);
  const { epochs: _, ...rest } = row;
  const ofTables = { ...rest, tables: ['a'], seqnos: { from: 1, to: 2 } };
  assert.ok(parseAuditRead(read.id, row) && parseAuditRead(read.id, ofTables));
  assert.equal(parseAuditRead('x', row), undefined);
  const bad: readonly unknown[] = [
    undefined,
    [],
    {},
    { ...row, grant: 5 },
    { ...row, grant: 'x'.repeat(101) },
    { ...row, auditor: undefined },
    { ...row, node_id: 7 },
    { ...row, at: -1 },
    { ...row, epochs: [] },
    { ...row, epochs: [0] },
    { ...row, epochs: [1, 1] },
    { ...row, epochs: ['1'] },
    { ...row, epochs: Array.from({ length: 257 }, (__, index) => index + 1) },
    rest,
    { ...ofTables, tables: [] },
    { ...ofTables, tables: ['x'.repeat(257)] },
    { ...ofTables, seqnos: { from: 0, to: 1 } },
  ];
  for (const [index, value] of bad.entries()) {
    assert.equal(parseAuditRead(read.id, value), undefined, `case ${index}`);
  }
});
