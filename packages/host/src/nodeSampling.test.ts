/**
 * MIT-3 on whole nodes: a primary whose worker lies is found out by a node that executes what it recorded again, and the alarm is on
 * the ledger with evidence that holds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alarm, alarmRefusal, parseAlarm } from '@coco/governance';
import type { RunningNode } from './node.js';
import {
  ask,
  joinAt,
  jsonOf,
  type Network,
  networkOf,
  type Place,
  placeOf,
  start,
  until,
} from './nodeWorld.test.js';

const adapters = (settings: object) => [
  { module: new URL('./recordedAdapter.test.js', import.meta.url).href, settings },
];

interface Alone {
  readonly network: Network;
  readonly primary: RunningNode;
  readonly backup: RunningNode;
}

/** A primary that lies, and a backup that was told to look. */
async function liarAndBackup(
  t: Parameters<typeof placeOf>[0],
  settings: object,
  backupWorker: object = {},
): Promise<Alone> {
  const network = await networkOf(t, { settings, adapters: { counter: { apples: 5 } } });
  network.place.configure({ genesis: 'genesis.json', adapters: adapters({ lies: true }) });
  const primary = await start(t, network.place);
  await until('a lease', async () => jsonOf(await ask(network, primary, '/node/state')).lease !== undefined);
  const place = await placeOf(t);
  const peer = network.place.addresses.administrative;
  place.configure({
    join: { peer, serviceFingerprint: network.service.certificate.fingerprint },
    adapters: adapters({}),
    worker: { isolation: 'none', ...backupWorker },
  });
  const backup = await joined(t, network, primary, place);
  return { network, primary, backup };
}

async function joined(
  t: Parameters<typeof placeOf>[0],
  network: Network,
  primary: RunningNode,
  place: Place,
): Promise<RunningNode> {
  const nodeId = await joinAt(network, primary, place);
  const node = await start(t, place);
  const path = `/node/network/nodes/${nodeId}`;
  await until('it takes part', async () => jsonOf(await ask(network, primary, path)).status === 'Trusted');
  return node;
}

async function add({ network, primary }: Alone, name: string): Promise<number> {
  const [identity] = network.members;
  assert.ok(identity !== undefined);
  const body = JSON.stringify({ name, by: 1 });
  return (await ask(network, primary, '/counter/add', { door: 'application', identity, body })).status;
}

const sampling = async ({ network, backup }: Alone) =>
  jsonOf(await ask(network, backup, '/node/state')).sampling;

async function alarmsAt({ network }: Alone, node: RunningNode): Promise<readonly unknown[]> {
  return jsonOf(await ask(network, node, '/gov/coco/alarms')).value;
}

test('a lie of the primary is an alarm of the backup, on the ledger, with evidence against it', async (t) => {
  const alone = await liarAndBackup(t, { sample_fraction_ppm: 1_000_000 });
  const { network, primary, backup } = alone;
  for (const name of ['apples', 'plums', 'pears']) assert.equal(await add(alone, name), 200);
  await until('all are executed again', async () => {
    const { equal, differing } = await sampling(alone);
    return equal >= 2 && differing === 1;
  });
  await until('the alarm is written', async () => (await sampling(alone)).alarms[0]?.written === true);
  await until('and known', async () => (await alarmsAt(alone, backup)).length === 1);
  for (const node of [primary, backup]) {
    const [row] = await alarmsAt(alone, node);
    const alarm = parseAlarm(row) as Alarm;
    assert.equal(alarmRefusal(alarm, network.service.certificate), undefined);
    assert.deepEqual([alarm.nodeId, alarm.primaryId], [backup.nodeId, primary.nodeId]);
    assert.deepEqual([alarm.rowCount, alarm.claims], [1, false]);
    const [found] = alarm.rows;
    assert.ok(found !== undefined && 'key_digest' in found && found.table === 'counter.values');
    assert.notEqual(alarm.recorded, alarm.reexecuted);
    assert.doesNotMatch(JSON.stringify(row), /plums|706c756d73|"7[78]"/);
  }
  const figures = new TextDecoder().decode((await ask(network, backup, '/node/metrics')).body);
  assert.match(figures, /coco_sampled_differing_total 1\n/);
});

test('an auditor node looks at everything, whatever the members decided', async (t) => {
  const alone = await liarAndBackup(t, { sample_fraction_ppm: 0 }, { reexecuteAll: true });
  assert.equal(await add(alone, 'plums'), 200);
  await until('it is found', async () => (await sampling(alone)).differing === 1);
  const { all, fraction_ppm } = await sampling(alone);
  assert.deepEqual([all, fraction_ppm], [true, 0]);
});

test('nobody but a node that takes part raises alarms', async (t) => {
  const network = await networkOf(t);
  const node = await start(t, network.place);
  const [identity] = network.members;
  assert.ok(identity !== undefined);
  for (const who of [{}, { identity }]) {
    const answer = await ask(network, node, '/node/alarm', { body: '{}', ...who });
    assert.deepEqual([answer.status, jsonOf(answer).error.code], [403, 'COCO_ALARM_UNKNOWN']);
  }
});
