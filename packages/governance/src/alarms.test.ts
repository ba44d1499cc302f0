/** MIT-3: alarms of nodes are on the ledger with evidence that anybody can check, and close by vote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alarm, alarmRow, parseAlarm } from './alarmRow.js';
import { alarmKey, alarmRefusal, alarmsPerNodeMax, raiseAlarm } from './alarms.js';
import { createGovernance } from './createGovernance.js';
import { readNetwork } from './network.js';
import { schemas } from './openapi/schemas.js';
import { putRow } from './rows.js';
import { sampleFractionDefault } from './sampling.js';
import { constitution, sandbox } from './scripts/scriptWorld.test.js';
import { defaultGovernanceSettings } from './settings.js';
import { governanceTables as tables } from './tables.js';
import { schemaErrors } from './testing/checkSchema.js';
import { makeIdentity } from './testing/identities.js';
import { makeAlarm } from './testing/makeAlarm.js';
import { createWorld, type World } from './testing/world.js';

const governance = createGovernance({ sandbox, settings: defaultGovernanceSettings });

/** The world's node is the reporter; the primary is one that has left since. */
function alarmWorld(world: World = createWorld()) {
  const primary = makeIdentity({ issuer: world.service });
  return { world, service: world.service, reporter: world.node, primary };
}

function raise({ store }: World, alarm: Alarm, nodeId = alarm.nodeId) {
  const transaction = store.begin();
  const outcome = raiseAlarm(transaction, nodeId, alarm);
  const wrote = transaction.writeSet().length > 0;
  if (wrote) store.commit(transaction, store.head + 1);
  assert.equal(wrote, outcome.outcome === 'raised' && outcome.isNew);
  return outcome.outcome === 'raised' ? outcome.isNew : outcome.why;
}

test('an alarm is on the ledger as its node signed it, once, and everybody can read it', () => {
  const { world, ...who } = alarmWorld();
  const alarm = makeAlarm(who);
  assert.equal(raise(world, alarm), true);
  assert.equal(raise(world, { ...alarm, raisedAtMs: 5 }), false, 'it is known already');
  const { value } = world.get('/gov/coco/alarms').json as { value: unknown[] };
  assert.deepEqual(value, [{ ...alarmRow(alarm), alarm: alarmKey(alarm) }]);
  assert.deepEqual(schemaErrors(schemas.Alarm, value[0]), []);
  const read = parseAlarm(value[0]);
  assert.deepEqual(read, alarm);
  assert.equal(read && alarmRefusal(read, who.service.certificate), undefined);
});

test('without good evidence there is no alarm', () => {
  const { world, ...who } = alarmWorld();
  const other = makeIdentity({ issuer: who.service });
  const stranger = makeIdentity();
  const elsewhere = makeIdentity({ isCa: true });
  const good = makeAlarm(who);
  const later = makeAlarm(who, {}, 2);
  const bad: readonly (readonly [RegExp, Alarm])[] = [
    [/not signed by/, { ...good, rowCount: 4 }],
    [/not signed by/, { ...good, rows: [] }],
    [/not signed by/, { ...good, signature: '' }],
    [/certificate is not that/, makeAlarm(who, { certificatePem: other.certificate.pem })],
    [/certificate is not that/, makeAlarm(who, { certificatePem: 'x' })],
    [/certificate is not that/, makeAlarm({ ...who, reporter: { ...stranger, key: who.reporter.key } })],
    [/of something else/, makeAlarm(who, { primaryId: other.key.publicKey.fingerprint })],
    [/of something else/, makeAlarm(who, { writeSetDigest: '00'.repeat(32) })],
    [/of something else/, makeAlarm(who, { txId: { view: 2, seqno: 2 } })],
    [/of something else/, makeAlarm(who, { receipt: later.receipt })],
    [
      /does not hold/,
      makeAlarm(who, { receipt: { ...good.receipt, signature: later.receipt['signature'] } }),
    ],
    [/does not hold/, makeAlarm(who, { receipt: {} })],
    [
      /does not hold/,
      makeAlarm({ ...who, service: elsewhere, primary: makeIdentity({ issuer: elsewhere }) }),
    ],
  ];
  for (const [reason, alarm] of bad) {
    assert.equal(raise(world, alarm), 'evidence');
    assert.match(alarmRefusal(alarm, who.service.certificate) ?? '', reason);
  }
  assert.equal(raise(world, good), true);
});

test('only a node that takes part raises alarms, and only its own', () => {
  const { world, ...who } = alarmWorld();
  const stranger = makeIdentity({ issuer: who.service });
  const alarm = makeAlarm(who);
  assert.equal(raise(world, makeAlarm({ ...who, reporter: stranger })), 'unknown');
  assert.equal(raise(world, makeAlarm({ ...who, reporter: stranger }), alarm.nodeId), 'unknown');
  const transaction = world.store.begin();
  putRow(transaction, tables.nodeInfo, alarm.nodeId, { status: 'Retired' });
  world.store.commit(transaction, 2);
  assert.equal(raise(world, alarm), 'unknown');
});

test('a node has a few alarms open at most, and a vote closes them', () => {
  const world = createWorld({ constitution, governance });
  const { world: _, ...who } = alarmWorld(world);
  const alarms = Array.from({ length: alarmsPerNodeMax + 1 }, (__, index) => makeAlarm(who, {}, index + 1));
  const [first, ...rest] = alarms as [Alarm, ...Alarm[]];
  const last = rest.pop() as Alarm;
  for (const alarm of [first, ...rest]) assert.equal(raise(world, alarm), true);
  assert.equal(raise(world, last), 'limit');
  const [alice, bob] = world.members;
  assert.ok(alice !== undefined && bob !== undefined);
  const action = { name: 'close_alarm', args: { alarm: alarmKey(first) } };
  const { proposalId } = world.propose(alice, action).json as { proposalId: string };
  for (const member of [alice, bob]) world.vote(member, proposalId, true);
  const open = (world.get('/gov/coco/alarms').json as { value: { alarm: string }[] }).value;
  assert.deepEqual([open.length, open.some(({ alarm }) => alarm === alarmKey(first))], [15, false]);
  assert.equal(raise(world, last), true);
});

test('an alarm from elsewhere is read strictly, within limits', () => {
  const { world: _, ...who } = alarmWorld();
  const row = alarmRow(makeAlarm(who));
  const { recorded: __, reexecuted: ___, ...without } = row;
  assert.ok(parseAlarm(row) && parseAlarm(without));
  const bad: readonly unknown[] = [
    undefined,
    [],
    'x',
    {},
    { ...row, node_id: 'AB'.repeat(32) },
    { ...row, transaction_id: '2' },
    { ...row, primary_id: 5 },
    { ...row, write_set_digest: '00' },
    { ...row, recorded: undefined },
    { ...row, reexecuted: 'no' },
    { ...row, claims: 1 },
    { ...row, row_count: -1 },
    { ...row, rows: {} },
    { ...row, rows: Array(17).fill({ table: 't' }) },
    { ...row, rows: [{ table: 't', key: 'xy' }] },
    { ...row, rows: [{ table: 't', key: 'ab'.repeat(200) }] },
    { ...row, rows: [{ table: 't', value: 'secret' }] },
    { ...row, rows: [{ table: 't'.repeat(300) }] },
    { ...row, raised_at: 0.5 },
    { ...row, receipt: 'x' },
    { ...row, receipt: { long: 'x'.repeat(20_000) } },
    { ...row, cert: 'x'.repeat(9000) },
    { ...row, signature: 'x'.repeat(300) },
  ];
  for (const [index, value] of bad.entries()) assert.equal(parseAlarm(value), undefined, `case ${index}`);
});

test('the members decide how much is executed again', () => {
  const { store } = createWorld();
  const fraction = (settings: unknown): number => {
    const transaction = store.begin();
    putRow(transaction, tables.settings, undefined, settings);
    store.commit(transaction, store.head + 1);
    return readNetwork(store.read(store.head)).sampleFractionPpm;
  };
  const settings = [{}, 0, 250_000, 1_000_000, 2_000_000, -1, 'all'];
  assert.deepEqual(
    settings.map((sample_fraction_ppm) =>
      fraction(typeof sample_fraction_ppm === 'object' ? {} : { sample_fraction_ppm }),
    ),
    [sampleFractionDefault, 0, 250_000, 1_000_000, 1_000_000, sampleFractionDefault, sampleFractionDefault],
  );
});
