/**
 * Broken on purpose: a node that is gone votes, for a candidate may count it before it knows (thesis 4.1): here it
 * takes entries only.
 */
import type { Mutant } from './mutant.js';

export const goneNeverVotes: Mutant = {
  name: 'gone-never-votes',
  breaks:
    'A node that is gone votes, for a candidate may count it before it knows (thesis 4.1): here it takes entries only.',
  rules: { mayAnswer: ({ gone, election }) => !gone || !election },
  membership: true,
  nodes: 4,
};
