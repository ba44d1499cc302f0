/**
 * Broken on purpose: votes only for logs that are up to date (Raft 5.4.1): here every log is.
 */
import type { Mutant } from './mutant.js';

export const votesForAnyLog: Mutant = {
  name: 'votes-for-any-log',
  breaks: 'Votes only for logs that are up to date (Raft 5.4.1): here every log is.',
  rules: { isUpToDate: () => true },
};
