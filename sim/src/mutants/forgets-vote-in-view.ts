/**
 * Broken on purpose: the vote is forgotten only when the view increases (Raft 5.1, etcd PR 8094): here whenever a node falls back to follower.
 */
import type { Mutant } from './mutant.js';

export const forgetsVoteInView: Mutant = {
  name: 'forgets-vote-in-view',
  breaks:
    'The vote is forgotten only when the view increases (Raft 5.1, etcd PR 8094): here whenever a node falls back to follower.',
  rules: { voteInView: () => undefined },
};
