/**
 * Broken on purpose: a delayed append message removes nothing that it does not contradict (Raft 5.3): here the log ends where the message does.
 */
import type { Mutant } from './mutant.js';

export const truncatesToRange: Mutant = {
  name: 'truncates-to-range',
  breaks:
    'A delayed append message removes nothing that it does not contradict (Raft 5.3): here the log ends where the message does.',
  rules: { truncateTo: ({ to, last, commit }) => (to < last ? Math.max(to, commit) : undefined) },
};
