/**
 * Broken on purpose: a position in an election is the last signature, for nothing later survives one (CCF): here the last entry.
 */
import type { Mutant } from './mutant.js';

export const electsByLastEntry: Mutant = {
  name: 'elects-by-last-entry',
  breaks:
    'A position in an election is the last signature, for nothing later survives one (CCF): here the last entry.',
  rules: { electionPosition: ({ last }) => last },
};
