/**
 * Broken on purpose: a backup takes entries only where its log agrees just before them (Raft 5.3): here anywhere.
 */
import type { Mutant } from './mutant.js';

export const skipsLogMatching: Mutant = {
  name: 'skips-log-matching',
  breaks: 'A backup takes entries only where its log agrees just before them (Raft 5.3): here anywhere.',
  rules: { previousMatches: () => true },
};
