/**
 * Commit lands on signatures only; on a leader, only on those of its own view (Raft 5.4.2, figure 8; CCF).
 */
import { formatTxId } from '@coco/primitives';
import { type Checker, check } from './checker.js';

const name = 'commit-at-signature';

export function commitAtSignature(): Checker {
  return {
    name,
    step({ node, ready, after }) {
      if (ready.commit === undefined) return;
      const record = node.log[ready.commit - 1];
      if (record === undefined) return;
      check(
        record.signature,
        name,
        () => `${node.id} commits at ${formatTxId(record)}, which is no signature`,
      );
      check(
        !after.isLeader || record.view === after.view,
        name,
        () => `${node.id} leads view ${after.view} and commits at ${formatTxId(record)} of another view`,
      );
    },
  };
}
