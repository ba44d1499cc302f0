/**
 * Whatever is committed is on the disks of a majority of every configuration that counts, at the moment at which the
 * first node decides so (Raft 5.3; thesis 10.2.1: a leader counts itself only when its own disk is done).
 */
import { formatTxId, type NodeId, type Seqno } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import { activeIn } from '../world/standing.js';
import type { World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'durable-majority';

export function durableMajority(world: World): Checker {
  let checked = 0;
  return {
    name,
    step({ node, ready, before }) {
      if (ready.commit === undefined || ready.commit <= checked) return;
      const record = node.log[ready.commit - 1];
      if (record === undefined) return;
      checked = record.seqno;
      const base = world.membership ? lastStepTo(world, node.log, before.commit, record) : before.commit;
      for (const { nodes: members } of activeIn(world.standings, node.log, base)) {
        const holders = holdersOf(world, record, members);
        check(
          2 * holders.length > members.length,
          name,
          () =>
            `${node.id} commits ${formatTxId(record)}, which is on disk only at ` +
            `${holders.join(' ') || 'no node'} of ${members.join(' ')}`,
        );
      }
    },
  };
}

/**
 * One step may commit several signatures, one after the other: each can end an old configuration, which then does
 * not count for the next. Gives the commit from which `record` was reached.
 */
function lastStepTo(world: World, log: readonly LogRecord[], from: Seqno, record: LogRecord): Seqno {
  let base = from;
  for (let seqno = from + 1; seqno < record.seqno; seqno++) {
    const between = log[seqno - 1] as LogRecord;
    const isHeld = activeIn(world.standings, log, base).every(
      ({ nodes }) => 2 * holdersOf(world, between, nodes).length > nodes.length,
    );
    if (between.signature && between.view === record.view && isHeld) base = seqno;
  }
  return base;
}

/** Which of `members` have the record on disk; or had it when that was turned back: they get it again before they count. */
function holdersOf(world: World, record: LogRecord, members: readonly NodeId[]): NodeId[] {
  const at = record.seqno - 1;
  return members.filter((id) => {
    const node = world.byId.get(id);
    return node?.disk.log[at] === record || node?.hidden?.[at] === record;
  });
}
