/**
 * Broken on purpose: one vote per view (Raft 5.2): this node votes for every candidate whose log is up to date.
 */
import type { Mutant } from './mutant.js';

export const votesTwice: Mutant = {
  name: 'votes-twice',
  breaks: 'One vote per view (Raft 5.2): this node votes for every candidate whose log is up to date.',
  rules: { mayGrantVote: ({ upToDate }) => upToDate },
};
