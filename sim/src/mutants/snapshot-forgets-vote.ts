/**
 * Broken on purpose: a member that starts again from a snapshot keeps its view and its vote (Raft figure 2): here it
 * begins without.
 */
import type { Mutant } from './mutant.js';

export const snapshotForgetsVote: Mutant = {
  name: 'snapshot-forgets-vote',
  breaks:
    'A member that starts again from a snapshot keeps its view and its vote (Raft figure 2): here it begins without.',
  honours: { keepsHardStateOnRejoin: false },
  membership: true,
};
