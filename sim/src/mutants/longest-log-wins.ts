/**
 * Broken on purpose: up to date means the later view first, only then the longer log (Raft 5.4.1): here length alone counts.
 */
import type { Mutant } from './mutant.js';

export const longestLogWins: Mutant = {
  name: 'longest-log-wins',
  breaks:
    'Up to date means the later view first, only then the longer log (Raft 5.4.1): here length alone counts.',
  rules: { isUpToDate: (candidate, voter) => candidate.seqno >= voter.seqno },
};
