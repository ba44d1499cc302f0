/**
 * Staged steps: observations put together by hand, so that each checker can be shown the one thing that it exists to
 * object to.
 */
import type { ConsensusEvent, ConsensusStatus, Message, Ready } from '@coco/consensus';
import type { LogRecord } from '../world/record.js';
import { createScripted } from '../world/scripted.js';
import {
  createWorld,
  type Envelope,
  type Facts,
  type SimNode,
  type StepSeen,
  type World,
} from '../world/world.js';

/** A world whose nodes do nothing of their own accord. */
export function stagedWorld(nodes = 3): World {
  return createWorld({ seed: 1, nodes, create: createScripted });
}

/** What to show: everything left out is as if nothing had happened. */
export interface Stage {
  readonly node: SimNode;
  readonly event?: ConsensusEvent;
  readonly ready?: Partial<Ready>;
  readonly appended?: readonly LogRecord[];
  readonly removed?: readonly LogRecord[];
  readonly before?: Partial<Facts>;
  readonly after?: Partial<Facts>;
  readonly peers?: ConsensusStatus['peers'];
}

/** The step that `stage` describes. */
export function stagedStep(stage: Stage): StepSeen {
  const before: Facts = { view: 2, commit: 0, isLeader: false, hardState: undefined, ...stage.before };
  return {
    nowUs: 0,
    node: stage.node,
    event: stage.event ?? { type: 'elapsed', ms: 1 },
    envelope: undefined,
    ready: { send: [], ...stage.ready },
    appended: stage.appended ?? [],
    removed: stage.removed ?? [],
    before,
    after: { ...before, ...stage.after },
    status: () => ({ peers: stage.peers ?? {} }) as ConsensusStatus,
  };
}

/** `count` signed entries of `view` on top of `parent`. */
export function chain(count: number, view = 2, parent?: LogRecord, signature = true): LogRecord[] {
  const made: LogRecord[] = [];
  let below = parent;
  for (let i = 0; i < count; i++) {
    below = { view, seqno: (below?.seqno ?? 0) + 1, signature, digest: digests++, parent: below };
    made.push(below);
  }
  return made;
}

let digests = 1;

/** Gives a node this log, in memory and on disk. */
export function give(node: SimNode, log: readonly LogRecord[], durable = true): void {
  node.log.splice(0, node.log.length, ...log);
  if (durable) node.disk.log.splice(0, node.disk.log.length, ...log);
}

/** Lets a node's disk hold this view. */
export function persistView(node: SimNode, view: number): void {
  node.disk.hardState = { view, votedFor: node.id };
}

/** A message on its way. */
export function staged(from: SimNode, to: SimNode, message: Message): Envelope {
  return { from, to, message, records: [], healing: 0 };
}

/** An append message of view 2 for the range (previous, to]. */
export function range(
  previous: number,
  to: number,
  commit = 0,
  view = 2,
): Message & { type: 'appendEntries' } {
  return {
    type: 'appendEntries',
    view,
    previous: { view: previous === 0 ? 0 : view, seqno: previous },
    to,
    entriesView: view,
    commit,
  };
}

/** An acknowledgement in view 2. */
export function acknowledgementOf(last: number): Message {
  return { type: 'appendEntriesResponse', view: 2, success: true, last, lastView: 2 };
}
