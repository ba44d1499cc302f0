/**
 * Broken on purpose: a node that an appended configuration has again is not gone any more: here it is until that is
 * committed.
 */
import type { Mutant } from './mutant.js';

export const returnedStaysGone: Mutant = {
  name: 'returned-stays-gone',
  breaks:
    'A node that an appended configuration has again is not gone any more: here it is until that is committed.',
  rules: { mayFallSilent: ({ recorded }) => recorded },
  membership: true,
};
