/**
 * Local: after an append message a backup's commit is at most the larger of its old commit and the end of the range
 * that the message proved equal (etcd PR 8172). Otherwise it could commit a leftover of an older leader.
 */
import { type Checker, check } from './checker.js';

const name = 'backup-commit';

export function backupCommit(): Checker {
  return {
    name,
    step({ node, event, before, after }) {
      // A leader that commits its own retirement leads no longer when the step is over.
      if (after.commit === before.commit || before.isLeader || after.isLeader) return;
      check(
        event.type === 'receive' && event.message.type === 'appendEntries',
        name,
        () => `${node.id} is no leader and commits on ${event.type}`,
      );
      const { to, commit } = event.message;
      check(
        after.commit <= Math.max(before.commit, Math.min(to, commit)),
        name,
        () =>
          `${node.id} commits ${after.commit} on a message that verifies up to ${to} and says commit ${commit}`,
      );
    },
  };
}
