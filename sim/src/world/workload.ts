/**
 * What clients and replicas do: whoever believes to be primary appends batches, and clients ask any node what became
 * of a transaction.
 */
import type { TxId } from '@coco/primitives';
import { appendAt } from './driver.js';
import { pick, waitingMs } from './profile.js';
import { dataEntry, type LogRecord, type NewEntry, signatureEntry } from './record.js';
import { present, type SimNode, type World } from './world.js';

/** Plans the first batch and the first question. */
export function beginWorkload(world: World): void {
  planWork(world);
  planAsk(world);
}

/** A batch at every node that believes to be primary: also at one that is cut off. */
export function work(world: World): void {
  planWork(world);
  if (!world.workloadOn) return;
  for (const node of world.nodes) if (isReady(node)) appendBatch(world, node);
}

/** Whether the node believes to be primary, and is awake. */
export function isReady(node: SimNode): boolean {
  return node.machine?.isLeader === true && !node.paused;
}

function appendBatch(world: World, node: SimNode): void {
  const { batchMax, sign, uncommittedMax } = world.profile.workload;
  const uncommitted = node.log.length - (node.machine?.commit ?? 0);
  if (uncommitted >= uncommittedMax) {
    // Back pressure: nothing more until a signature lets commit advance.
    if (node.log.at(-1)?.signature === false) appendAt(world, node, [signatureEntry]);
    return;
  }
  const size = 1 + world.random.integer(batchMax);
  const entries = new Array<NewEntry>(size).fill(dataEntry);
  // When calm, a replica signs every batch: whatever commits nothing then is stuck.
  if (!world.faultsOn || world.random.fraction() < sign) entries.push(signatureEntry);
  appendAt(world, node, entries);
}

/** A primary that has unsigned entries signs them, as a replica does when it becomes idle. */
export function signRest(world: World): void {
  for (const node of world.nodes) {
    if (isReady(node) && node.log.at(-1)?.signature === false) appendAt(world, node, [signatureEntry]);
  }
}

/** Some client asks some node about some recent transaction. */
export function ask(world: World): void {
  planAsk(world);
  const { random, made } = world;
  if (made.length === 0) return;
  const node = pick(random, present(world));
  if (node.machine === undefined || node.paused) return;
  // Mostly of what is new; now and then of anything that ever was, also from before a snapshot.
  const among = random.fraction() < 0.8 ? Math.min(made.length, 60) : made.length;
  const record = made[made.length - 1 - random.integer(among)] as LogRecord;
  const id: TxId = { view: record.view, seqno: record.seqno };
  askNode(world, node, id);
  // A transaction that may never have existed.
  askNode(world, node, { view: 1 + random.integer(record.view + 2), seqno: record.seqno });
}

/** Asks one node about one transaction. */
export function askNode(world: World, node: SimNode, id: TxId): void {
  const status = node.machine?.txStatus(id);
  if (status === undefined) return;
  for (const observe of world.observers.answered) observe(node, id, status);
}

function planWork(world: World): void {
  const ms = waitingMs(world.random, world.profile.workload.everyMs);
  world.queue.push(world.nowUs + 1 + Math.ceil(ms * 1000), { type: 'work' });
}

function planAsk(world: World): void {
  world.queue.push(world.nowUs + 1 + Math.ceil(waitingMs(world.random, 30) * 1000), { type: 'ask' });
}
