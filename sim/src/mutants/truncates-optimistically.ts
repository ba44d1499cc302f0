/**
 * Broken on purpose: only a real conflict truncates (Raft 5.3): here every range replaces what is there.
 */
import type { Mutant } from './mutant.js';

export const truncatesOptimistically: Mutant = {
  name: 'truncates-optimistically',
  breaks: 'Only a real conflict truncates (Raft 5.3): here every range replaces what is there.',
  rules: { truncateTo: ({ previous, last }) => (previous < last ? previous : undefined) },
};
