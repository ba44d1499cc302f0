/**
 * Broken on purpose: a node that was removed takes part until the record of that is committed (CCF,
 * RetiredCommitted): here only until the removal is.
 */
import type { Mutant } from './mutant.js';

export const silentWhenRemoved: Mutant = {
  name: 'silent-when-removed',
  breaks:
    'A node that was removed takes part until the record of that is committed (CCF, RetiredCommitted): here only until the removal is.',
  rules: { mayFallSilent: ({ removed }) => removed },
  membership: true,
};
