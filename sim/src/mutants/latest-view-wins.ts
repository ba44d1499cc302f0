/**
 * Broken on purpose: within a view the longer log is more up to date (Raft 5.4.1): here the view alone counts.
 */
import type { Mutant } from './mutant.js';

export const latestViewWins: Mutant = {
  name: 'latest-view-wins',
  breaks: 'Within a view the longer log is more up to date (Raft 5.4.1): here the view alone counts.',
  rules: { isUpToDate: (candidate, voter) => candidate.view >= voter.view },
};
