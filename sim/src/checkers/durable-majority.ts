/**
 * Whatever is committed is on the disks of a majority of every configuration that counts, at the moment at which the
 * first node decides so (Raft 5.3; thesis 10.2.1: a leader counts itself only when its own disk is done).
 */
import { formatTxId, type NodeId, type Seqno } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
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
      for (const members of configurationsFrom(node.log, before.commit, world.initialNodes)) {
        const holders = world.nodes.filter(
          ({ id, disk }) => members.includes(id) && disk.log[record.seqno - 1] === record,
        );
        check(
          2 * holders.length > members.length,
          name,
          () =>
            `${node.id} commits ${formatTxId(record)}, which is on disk only at ` +
            `${holders.map(({ id }) => id).join(' ') || 'no node'} of ${members.join(' ')}`,
        );
      }
    },
  };
}

/** The configuration in force at `commit` and every later one in `log`. */
function configurationsFrom(
  log: readonly LogRecord[],
  commit: Seqno,
  initial: readonly NodeId[],
): (readonly NodeId[])[] {
  const later: (readonly NodeId[])[] = [];
  for (let i = log.length - 1; i >= 0; i--) {
    const { configuration, seqno } = log[i] as LogRecord;
    if (configuration === undefined) continue;
    later.push(configuration);
    if (seqno <= commit) return later;
  }
  return [...later, initial];
}
