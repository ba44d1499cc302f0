/**
 * Broken on purpose: the vote is on disk before it leaves (Raft figure 2, persistent state): here only the view is.
 */
import type { Mutant } from './mutant.js';

export const keepsVoteInMemory: Mutant = {
  name: 'keeps-vote-in-memory',
  breaks: 'The vote is on disk before it leaves (Raft figure 2, persistent state): here only the view is.',
  rules: { hardStateToPersist: ({ view }) => ({ view }) },
};
