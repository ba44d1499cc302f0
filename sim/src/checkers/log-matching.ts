/**
 * Log matching (Raft, figure 3): if two logs hold an entry of the same view and seqno, they are equal up to there.
 * Entries form a tree, so this holds exactly if every entry sits on the entry that its maker put it on, and no two
 * entries have the same id.
 */
import { formatTxId } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import { type Checker, check } from './checker.js';

const name = 'log-matching';

export function logMatching(): Checker {
  const byId = new Map<number, LogRecord>();
  return {
    name,
    step({ node, appended }) {
      for (const record of appended) {
        const below = node.log[record.seqno - 2];
        check(below === record.parent, name, () => {
          const found = below ? formatTxId(below) : 'nothing';
          const wanted = record.parent ? formatTxId(record.parent) : 'nothing';
          return `${node.id} holds ${formatTxId(record)} on ${found}; its maker put it on ${wanted}`;
        });
        const key = record.view * 2 ** 26 + record.seqno;
        const known = byId.get(key);
        if (known === undefined) byId.set(key, record);
        else check(known === record, name, () => `two different entries are called ${formatTxId(record)}`);
      }
    },
  };
}
