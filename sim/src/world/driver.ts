/**
 * What stands in for replica and host: steps a node's machine and carries out its effects in the order of the
 * contract, persist -> send -> apply -> tell, with one sync for everything that waits (group commit).
 */
import type {
  Consensus,
  ConsensusEvent,
  ConsensusStart,
  ConsensusStatus,
  Message,
  Outgoing,
  Ready,
} from '@coco/consensus';
import { type Seqno, seededRandom, type TxId } from '@coco/primitives';
import { Violation } from '../violation.js';
import { cutUnsigned, type DiskWrite, finishSync, losePower, writesOf } from './disk.js';
import { transmit } from './network.js';
import { waitingMs } from './profile.js';
import { dataEntry, type LogRecord, type NewEntry, signatureEntry } from './record.js';
import { baseAt } from './standing.js';
import type { Effects, Envelope, Facts, SimNode, StepSeen, World } from './world.js';

const nothing: readonly LogRecord[] = [];

/** Hands `event` to the node, shows the step to every checker, and takes care of the effects. */
export function stepNode(world: World, node: SimNode, event: ConsensusEvent, envelope?: Envelope): void {
  const { machine } = node;
  if (machine === undefined) return;
  const before = factsOf(node, machine);
  const ready = machine.step(event);
  const removed =
    ready.rollbackTo !== undefined && ready.rollbackTo < node.log.length
      ? node.log.splice(ready.rollbackTo)
      : nothing;
  const appended = takeIn(node, ready, event, envelope);
  if (ready.hardState !== undefined) node.announced = ready.hardState;
  let status: ConsensusStatus | undefined;
  const seen: StepSeen = {
    nowUs: world.nowUs,
    node,
    event,
    envelope,
    ready,
    appended,
    removed,
    before,
    after: factsOf(node, machine),
    status: () => {
      status ??= machine.status();
      return status;
    },
  };
  world.counts.steps += 1;
  if (ready.commit !== undefined) noteCommit(world, node, ready.commit);
  world.hash.mixStep(seen);
  world.history.step(seen);
  for (const observe of world.observers.step) observe(seen);
  const records = world.profile.host.readAtStep
    ? ready.send.map(({ message }) => entriesOf(node, message))
    : undefined;
  carryOut(world, node, { ready, appended, durableNeeded: needsDisk(ready), records });
  if (!world.honours.persistedWhenDurable && appended.length > 0) {
    stepNode(world, node, { type: 'persisted', upTo: idOf(appended.at(-1) as LogRecord) });
  }
  followDoubt(world, node, ready);
  if (ready.role?.state === 'Leader' && machine.isLeader) becomePrimary(world, node);
  else if (ready.sign === true && machine.isLeader) appendAt(world, node, [signatureEntry]);
}

/** Keeps count of disks that were turned back. */
function followDoubt(world: World, node: SimNode, ready: Ready): void {
  world.counts.foundOut += ready.turnedBack?.length ?? 0;
  if (node.hidden !== undefined && node.machine?.status().doubt === undefined) node.hidden = undefined;
}

function noteCommit(world: World, node: SimNode, commit: Seqno): void {
  world.counts.commits += 1;
  if (commit > (world.committed?.seqno ?? 0)) world.committed = node.log[commit - 1];
}

function idOf(record: LogRecord): TxId {
  return { view: record.view, seqno: record.seqno };
}

function factsOf(node: SimNode, { view, commit, isLeader }: Consensus): Facts {
  return { view, commit, isLeader, hardState: node.announced };
}

/** Puts the entries that the machine accepted into the node's log, with the payload that came with them. */
function takeIn(
  node: SimNode,
  ready: Ready,
  event: ConsensusEvent,
  envelope: Envelope | undefined,
): readonly LogRecord[] {
  if (ready.append === undefined || ready.append.length === 0) return nothing;
  const source =
    event.type === 'append' ? (event.entries as readonly LogRecord[]) : (envelope?.records ?? nothing);
  const first = source[0]?.seqno ?? 0;
  return ready.append.map((entry) => {
    const record = source[entry.seqno - first];
    if (record === undefined || record.view !== entry.view || record.signature !== entry.signature) {
      throw new Violation(
        'no-invention',
        `${node.id} stores ${entry.view}.${entry.seqno}, which it was not given`,
      );
    }
    if (record.seqno !== node.log.length + 1) {
      throw new Violation('no-gaps', `${node.id} stores seqno ${record.seqno} after ${node.log.length}`);
    }
    node.log.push(record);
    return record;
  });
}

function needsDisk(ready: Ready): boolean {
  return (
    ready.rollbackTo !== undefined ||
    ready.hardState !== undefined ||
    (ready.append !== undefined && ready.append.length > 0)
  );
}

function carryOut(world: World, node: SimNode, effects: Effects): void {
  if (!world.honours.sendAfterPersist) sendAll(world, node, effects);
  if (node.syncing.length === 0 && !effects.durableNeeded) {
    release(world, node, effects);
    return;
  }
  node.waiting.push(effects);
  if (node.syncing.length === 0) startSync(world, node);
}

/** One sync for all that waits. */
function startSync(world: World, node: SimNode): void {
  node.syncing = node.waiting;
  node.waiting = [];
  const writes: DiskWrite[] = [];
  for (const { ready, appended } of node.syncing) {
    for (const write of writesOf(ready, appended)) {
      if (write.type !== 'hardState' || world.honours.persistHardState) writes.push(write);
    }
  }
  node.disk.syncing = writes;
  const { disk } = world.profile;
  let ms = disk.baseMs + waitingMs(world.random, disk.jitterMs);
  if (disk.spike > 0 && world.random.fraction() < disk.spike) ms += waitingMs(world.random, disk.spikeMs);
  node.sync += 1;
  world.queue.push(world.nowUs + Math.ceil(ms * 1000), { type: 'synced', node, sync: node.sync });
}

/** A sync that hangs ends within a millisecond. */
export function hurrySync(world: World, node: SimNode): void {
  if (node.syncing.length === 0) return;
  world.queue.push(world.nowUs + 1000, { type: 'synced', node, sync: node.sync });
}

/** The disk is done; the node itself may be paused and learn of it later (`tell`). */
export function completeSync(node: SimNode): void {
  finishSync(node.disk);
}

/** The node learns that its sync is done: what waited for it may leave. */
export function tellSynced(world: World, node: SimNode): void {
  const done = node.syncing;
  node.syncing = [];
  for (const effects of done) release(world, node, effects);
  const written = done.findLast((effects) => effects.appended.length > 0)?.appended.at(-1);
  const record = world.profile.host.naivePersisted ? written : node.log[durableUpTo(node) - 1];
  if (node.waiting.length > 0) startSync(world, node);
  if (written !== undefined && record !== undefined && world.honours.persistedWhenDurable) {
    stepNode(world, node, { type: 'persisted', upTo: idOf(record) });
  }
}

/** The part of the log that is durable and not about to be rolled back by what still waits. */
function durableUpTo(node: SimNode): Seqno {
  let upTo = node.disk.log.length;
  for (const { ready } of node.waiting) {
    if (ready.rollbackTo !== undefined) upTo = Math.min(upTo, ready.rollbackTo);
  }
  return upTo;
}

function release(world: World, node: SimNode, effects: Effects): void {
  if (world.honours.sendAfterPersist) sendAll(world, node, effects);
  const { commit } = effects.ready;
  if (commit === undefined) return;
  while (node.applied < commit) {
    const record = node.log[node.applied];
    if (record === undefined)
      throw new Violation('apply', `${node.id} applies seqno ${node.applied + 1}: not in log`);
    node.applied += 1;
    for (const observe of world.observers.applied) observe(node, record);
  }
  if (world.random.fraction() < world.profile.host.notesCommit) node.disk.commit = node.applied;
}

/** Sends a Ready's messages; entries are read from the log as it is now, unless they were read before. */
function sendAll(world: World, node: SimNode, { ready, records }: Effects): void {
  for (let i = 0; i < ready.send.length; i++) {
    const { to, message } = ready.send[i] as Outgoing;
    const peer = world.byId.get(to);
    if (peer === undefined)
      throw new Violation('known-peer', `${node.id} sends to ${to}, which does not exist`);
    const attached = records?.[i] ?? entriesOf(node, message);
    if (message.type === 'appendEntries' && world.honours.sendOnlyFromLog) {
      const wanted = message.to - message.previous.seqno;
      // Replaced since the Ready was made: these bytes are gone, and the view that named them is over.
      if (attached.length !== wanted) continue;
      if (wanted > 0 && attached[wanted - 1]?.view !== message.entriesView) continue;
    }
    const envelope: Envelope = { from: node, to: peer, message, records: attached, healing: world.healing };
    for (const observe of world.observers.sent) observe(envelope);
    transmit(world, envelope);
  }
}

/** The entries of the range that a message names, as far as they are in the log now. */
function entriesOf(node: SimNode, message: Message): readonly LogRecord[] {
  if (message.type !== 'appendEntries' || message.to <= message.previous.seqno) return nothing;
  return node.log.slice(message.previous.seqno, message.to);
}

/** As the replica does: a new primary signs before anything else. */
function becomePrimary(world: World, node: SimNode): void {
  world.counts.leaders += 1;
  appendAt(world, node, [world.honours.signFirst ? signatureEntry : dataEntry]);
}

/** Appends new entries at a primary. */
export function appendAt(world: World, node: SimNode, wanted: readonly NewEntry[]): void {
  const view = node.machine?.view ?? 0;
  let parent = node.log.at(-1);
  const entries: LogRecord[] = [];
  for (const entry of wanted) {
    parent = { view, seqno: (parent?.seqno ?? 0) + 1, ...entry, digest: world.nextDigest++, parent };
    entries.push(parent);
    world.made.push(parent);
  }
  world.counts.entries += entries.length;
  stepNode(world, node, { type: 'append', entries });
}

/** Starts a node from what its disk holds. */
export function startNode(world: World, node: SimNode): void {
  if (node.stage !== 'present') return;
  cutUnsigned(node.disk);
  node.life += 1;
  node.paused = false;
  node.log.length = 0;
  for (const record of node.disk.log) node.log.push(record);
  node.announced = node.disk.hardState;
  node.machine = createMachine(world, node);
  // The machine may find proof of more in the log: what is committed is applied before anything else happens.
  const applied = node.machine.commit;
  node.applied = applied;
  world.history.note(
    world.nowUs,
    node.id,
    () => `starts with ${node.log.length} entries after ${node.disk.base}, commit ${applied}`,
  );
  node.lastTickUs = world.nowUs;
  world.queue.push(world.nowUs + 1000 + world.random.integer(1000), { type: 'tick', node, life: node.life });
  node.ran = true;
  for (const observe of world.observers.started) observe(node);
}

function createMachine(world: World, node: SimNode): Consensus {
  const commit = Math.min(node.disk.commit, node.log.length);
  return world.create({
    nodeId: node.id,
    settings: world.profile.settings,
    random: seededRandom(world.random.integer(2 ** 32)),
    initialNodes: world.initialNodes,
    ...baseOf(world, node),
    entries: node.log.slice(node.disk.base),
    commit,
    inDoubt: node.ran || world.profile.turning.beginsInDoubt,
    ...(node.disk.hardState === undefined ? {} : { hardState: node.disk.hardState }),
  });
}

/** What a node that begins at a snapshot is told instead of the entries up to there. */
function baseOf(world: World, { disk }: SimNode): Pick<ConsensusStart, 'base' | 'heldFrom'> {
  if (disk.base === 0) return {};
  const base = baseAt(world.standings, disk.log, disk.base);
  const { baseTellsViews, baseTellsConfiguration } = world.honours;
  return {
    base: {
      ...base,
      ...(!baseTellsViews && { views: [{ view: base.view, from: 1 }] }),
      ...(!baseTellsConfiguration && { configuration: world.standings.genesis.configuration }),
    },
    heldFrom: disk.heldFrom,
  };
}

/** The node is gone at once, with everything that its disk had not finished. */
export function crashNode(world: World, node: SimNode): void {
  if (node.machine === undefined) return;
  const lost = losePower(node.disk, world.random);
  world.counts.crashes += 1;
  world.counts.writesLost += lost;
  world.history.note(world.nowUs, node.id, () => `crashes, ${lost} writes lost`);
  node.machine = undefined;
  node.life += 1;
  node.paused = false;
  node.waiting = [];
  node.syncing = [];
  node.sync += 1;
  node.held.length = 0;
}
