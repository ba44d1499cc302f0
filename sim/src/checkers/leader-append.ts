/**
 * Local: leaders append only in their own view, never remove what they appended (Raft, figure 3: leader append-only),
 * and begin each view with a signature.
 */
import { formatTxId } from '@coco/primitives';
import { type Checker, check } from './checker.js';

const name = 'leader-append';

export function leaderAppend(): Checker {
  return {
    name,
    step({ node, event, before, after, appended, removed }) {
      if (before.isLeader && after.isLeader && before.view === after.view) {
        check(
          removed.length === 0,
          name,
          () => `${node.id} leads and removes ${removed.length} entries of its log`,
        );
      }
      if (event.type !== 'append') {
        check(
          appended.length === 0 || !after.isLeader,
          name,
          () => `${node.id} leads and takes entries from others`,
        );
        return;
      }
      for (const record of appended) {
        check(after.isLeader, name, () => `${node.id} appends ${formatTxId(record)} and is no leader`);
        check(
          record.view === after.view,
          name,
          () => `${node.id} appends ${formatTxId(record)} in view ${after.view}`,
        );
        const below = node.log[record.seqno - 2];
        check(
          record.signature || below?.view === record.view,
          name,
          () => `${node.id} begins view ${record.view} with ${formatTxId(record)}, which is no signature`,
        );
      }
    },
  };
}
