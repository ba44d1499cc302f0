/**
 * Local: within a view a node's vote does not change (Raft 5.2; etcd PR 8094), and its view never decreases.
 */
import { type Checker, check } from './checker.js';

const name = 'vote-in-view';

export function voteInView(): Checker {
  return {
    name,
    step({ node, before, after }) {
      check(
        after.view >= before.view,
        name,
        () => `${node.id} goes back from view ${before.view} to ${after.view}`,
      );
      const old = before.hardState;
      const now = after.hardState;
      if (old === now || old === undefined || now === undefined) return;
      check(now.view >= old.view, name, () => `${node.id} persists view ${now.view} after view ${old.view}`);
      check(
        now.view > old.view || old.votedFor === undefined || now.votedFor === old.votedFor,
        name,
        () =>
          `${node.id} changes its vote in view ${now.view} from ${old.votedFor} to ${now.votedFor ?? 'nobody'}`,
      );
    },
  };
}
