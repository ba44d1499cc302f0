/**
 * Log matching (Raft, figure 3): if two logs hold an entry of the same view and seqno, they are equal up to there.
 * Entries form a tree, so this holds exactly if every entry sits on the entry that its maker put it on, and no two
 * entries have the same id.
 *
 * An entry counts once it was sent or is durable where it was made: before that a crash undoes it, and a leader that
 * is a quorum by itself may then make another one of the same id.
 */
import { formatTxId } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import type { SimNode } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'log-matching';

export function logMatching(): Checker {
  const byId = new Map<number, LogRecord>();
  const enter = (record: LogRecord): void => {
    const key = record.view * 2 ** 26 + record.seqno;
    const known = byId.get(key);
    if (known === undefined) byId.set(key, record);
    else check(known === record, name, () => `two different entries are called ${formatTxId(record)}`);
  };
  return {
    name,
    sent({ records }) {
      for (const record of records) enter(record);
    },
    step({ node, event, appended }) {
      for (const record of appended) checkParent(node, record);
      if (event.type !== 'persisted') return;
      const { log } = node.disk;
      for (let i = log.length - 1; i >= 0 && !isEntered(log[i] as LogRecord); i--) enter(log[i] as LogRecord);
    },
  };

  function isEntered(record: LogRecord): boolean {
    return byId.get(record.view * 2 ** 26 + record.seqno) === record;
  }
}

function checkParent(node: SimNode, record: LogRecord): void {
  const below = node.log[record.seqno - 2];
  check(below === record.parent, name, () => {
    const found = below ? formatTxId(below) : 'nothing';
    const wanted = record.parent ? formatTxId(record.parent) : 'nothing';
    return `${node.id} holds ${formatTxId(record)} on ${found}; its maker put it on ${wanted}`;
  });
}
