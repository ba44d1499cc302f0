/**
 * Leader completeness (Raft, figure 3), by the view of commitment: what was committed in view w is in the log of the
 * leader of every view above w. Not by the entry's own view: a leader of an older view may lack an entry of a yet
 * older one that was committed, indirectly, in a later view.
 */
import { formatTxId, type View } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import { type Checker, check } from './checker.js';
import { isElectionDurable } from './election-safety.js';

const name = 'leader-completeness';

export function leaderCompleteness(): Checker {
  /** The highest entry known to be committed by view w. */
  const committedBy = new Map<View, LogRecord>();
  /** Logs of leaders when their election was certain. */
  const elected = new Map<View, { readonly leader: string; readonly log: readonly LogRecord[] }>();
  const compare = (w: View, record: LogRecord, v: View): void => {
    const election = elected.get(v);
    if (election === undefined || v <= w) return;
    check(
      election.log[record.seqno - 1] === record,
      name,
      () => `${election.leader} leads view ${v} without ${formatTxId(record)}, committed in view ${w}`,
    );
  };
  return {
    name,
    step({ node, after, ready }) {
      if (after.isLeader && !elected.has(after.view) && isElectionDurable(node, after.view)) {
        elected.set(after.view, { leader: node.id, log: node.log.slice() });
        for (const [w, record] of committedBy) compare(w, record, after.view);
      }
      if (ready.commit === undefined) return;
      const record = node.log[ready.commit - 1];
      const known = committedBy.get(after.view);
      if (record === undefined || (known !== undefined && known.seqno >= record.seqno)) return;
      committedBy.set(after.view, record);
      for (const v of elected.keys()) compare(after.view, record, v);
    },
  };
}
