import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsensusEvent, Message, Outgoing, Ready } from '@coco/consensus';
import { completeSync, crashNode, startNode, stepNode, tellSynced } from './driver.js';
import { resumeNode, runUntil } from './loop.js';
import type { LogRecord } from './record.js';
import { createScripted, scriptedOf } from './scripted.js';
import { createWorld, type Envelope, type SimNode, type World } from './world.js';

const kick: ConsensusEvent = { type: 'elapsed', ms: 0 };
const heartbeat: Message = {
  type: 'appendEntries',
  view: 1,
  previous: { view: 0, seqno: 0 },
  to: 0,
  entriesView: 0,
  commit: 0,
};

/** Two nodes on a network without losses, and what left them. */
function twoNodes(): { world: World; a: SimNode; b: SimNode; sent: Envelope[] } {
  const world = createWorld({ seed: 7, nodes: 2, create: createScripted });
  world.faultsOn = false;
  world.profile = {
    ...world.profile,
    network: { baseMs: 1, jitterMs: 0.1, drop: 0, duplicate: 0, straggle: 0, straggleMs: 0, inOrder: true },
    host: { readAtStep: false, naivePersisted: false, notesCommit: 0.2 },
    disk: { baseMs: 3, jitterMs: 0.1, spike: 0, spikeMs: 0 },
  };
  for (const node of world.nodes) startNode(world, node);
  const sent: Envelope[] = [];
  world.observers.sent.push((envelope) => sent.push(envelope));
  return { world, a: world.nodes[0] as SimNode, b: world.nodes[1] as SimNode, sent };
}

/** Lets `node` answer its next event with `ready`. */
function answer(
  world: World,
  node: SimNode,
  ready: Partial<Ready>,
  records: readonly LogRecord[] = [],
): void {
  scriptedOf(node).answers.push({ send: [], ...ready });
  stepNode(world, node, { type: 'append', entries: records });
}

function entries(count: number, view = 1, parent?: LogRecord, signature = true): LogRecord[] {
  const made: LogRecord[] = [];
  let below = parent;
  for (let i = 0; i < count; i++) {
    below = { view, seqno: (below?.seqno ?? 0) + 1, signature, digest: view * 1000 + i, parent: below };
    made.push(below);
  }
  return made;
}

const toB: Outgoing[] = [{ to: 'n1', message: heartbeat }];

test('contract of effects: messages leave only when what their Ready persists is durable', () => {
  const { world, a, sent } = twoNodes();
  answer(world, a, { hardState: { view: 1, votedFor: 'n1' }, send: toB });
  assert.equal(sent.length, 0);
  assert.equal(a.disk.hardState, undefined);
  runUntil(world, 20_000);
  assert.equal(sent.length, 1);
  assert.deepEqual(a.disk.hardState, { view: 1, votedFor: 'n1' });
});

test('contract of effects: messages of a Ready that persists nothing wait for earlier Readys', () => {
  const { world, a, sent } = twoNodes();
  answer(world, a, { send: toB });
  assert.equal(sent.length, 1);
  answer(world, a, { append: entries(1) }, entries(1));
  answer(world, a, { send: toB });
  assert.equal(sent.length, 1);
  runUntil(world, 20_000);
  assert.equal(sent.length, 2);
});

test('contract of effects: commit is applied after the persist and the sends of its Ready', () => {
  const { world, a } = twoNodes();
  const order: string[] = [];
  world.observers.sent.push(() => order.push('sent'));
  world.observers.applied.push((_node, record) => order.push(`applied ${record.seqno}`));
  const records = entries(2);
  answer(world, a, { append: records, commit: 2, send: toB }, records);
  assert.deepEqual(order, []);
  runUntil(world, 20_000);
  assert.deepEqual(order, ['sent', 'applied 1', 'applied 2']);
});

test('group commit: what arrives during a sync shares the next one, and `persisted` is told once per sync', () => {
  const { world, a } = twoNodes();
  const records = entries(3);
  for (const record of records) answer(world, a, { append: [record] }, [record]);
  assert.equal(a.waiting.length, 2);
  runUntil(world, 20_000);
  const told = scriptedOf(a).events.filter((event) => event.type === 'persisted');
  assert.deepEqual(
    told.map((event) => event.upTo.seqno),
    [1, 3],
  );
});

test('`persisted` never names an entry that the log has dropped meanwhile', () => {
  const { world, a } = twoNodes();
  const records = entries(3);
  answer(world, a, { append: records }, records);
  answer(world, a, { rollbackTo: 1 });
  completeSync(a);
  tellSynced(world, a);
  assert.deepEqual(scriptedOf(a).events.at(-1), { type: 'persisted', upTo: { view: 1, seqno: 1 } });
});

test('entries that were replaced since their Ready was made are not sent under the old view', () => {
  const { world, a, sent } = twoNodes();
  const records = entries(2);
  const range: Message = { ...heartbeat, to: 2, entriesView: 1 };
  answer(world, a, { append: records, send: [{ to: 'n1', message: range }] }, records);
  const rival = entries(1, 2, records[0]);
  answer(world, a, { rollbackTo: 1, append: rival }, rival);
  runUntil(world, 20_000);
  assert.equal(sent.length, 0);
});

test('a host that reads entries when the step is taken sends them as they were then', () => {
  const { world, a, sent } = twoNodes();
  world.profile = { ...world.profile, host: { readAtStep: true, naivePersisted: false, notesCommit: 0.2 } };
  const records = entries(2);
  const range: Message = { ...heartbeat, to: 2, entriesView: 1 };
  answer(world, a, { append: records, send: [{ to: 'n1', message: range }] }, records);
  const rival = entries(1, 2, records[0]);
  answer(world, a, { rollbackTo: 1, append: rival }, rival);
  runUntil(world, 20_000);
  assert.deepEqual(sent[0]?.records, records);
});

test('an append message carries the entries of its range, and its receiver is told of them', () => {
  const { world, a, b } = twoNodes();
  const records = entries(2);
  const range: Message = { ...heartbeat, to: 2, entriesView: 1 };
  answer(world, a, { append: records, send: [{ to: 'n1', message: range }] }, records);
  runUntil(world, 20_000);
  const received = scriptedOf(b).events.find((event) => event.type === 'receive');
  assert.deepEqual(received, { type: 'receive', from: 'n0', message: { ...range, entries: records } });
});

test('a crash keeps a prefix of the writes being synced, in order: roll back, hard state, entries', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const world = createWorld({ seed, nodes: 1, create: createScripted });
    const node = world.nodes[0] as SimNode;
    startNode(world, node);
    const records = entries(2);
    answer(world, node, { hardState: { view: 1 }, append: records }, records);
    crashNode(world, node);
    seen.add(`${node.disk.hardState?.view ?? '-'} ${node.disk.log.length}`);
  }
  assert.deepEqual([...seen].sort(), ['- 0', '1 0', '1 1', '1 2']);
});

test('a restart cuts off what follows the last signature, and forgets what was never durable', () => {
  const { world, a } = twoNodes();
  const signed = entries(2);
  const unsigned = entries(2, 1, signed[1], false);
  answer(world, a, { append: [...signed, ...unsigned] }, [...signed, ...unsigned]);
  completeSync(a);
  tellSynced(world, a);
  const late = entries(1, 1, unsigned[1]);
  answer(world, a, { append: late }, late);
  a.disk.syncing = [];
  crashNode(world, a);
  startNode(world, a);
  assert.equal(a.disk.log.length, 2);
  assert.equal(a.log.length, 2);
});

test('a paused node does nothing, and gets what reached it when it goes on; its disk does not pause', () => {
  const { world, a, sent } = twoNodes();
  answer(world, a, { hardState: { view: 1 }, send: toB });
  a.paused = true;
  const events = scriptedOf(a).events.length;
  runUntil(world, 50_000);
  assert.equal(scriptedOf(a).events.length, events);
  assert.equal(sent.length, 0);
  assert.deepEqual(a.disk.hardState, { view: 1 });
  resumeNode(world, a);
  runUntil(world, 51_000);
  assert.equal(sent.length, 1);
  const elapsed = scriptedOf(a).events.find((event) => event.type === 'elapsed' && event.ms > 40);
  assert.ok(elapsed, 'its clock went on while it slept');
});

test('effects that the contract does not allow are named: an entry from nowhere', () => {
  const { world, a } = twoNodes();
  scriptedOf(a).answers.push({ send: [], append: entries(1) });
  assert.throws(() => stepNode(world, a, { type: 'persisted', upTo: { view: 1, seqno: 1 } }), /not given/);
  stepNode(world, a, kick);
});
