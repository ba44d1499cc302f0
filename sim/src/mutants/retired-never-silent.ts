/**
 * Broken on purpose: a node whose retirement is on record and committed is silent (CCF, RetiredCommitted): here it
 * goes on.
 */
import type { Mutant } from './mutant.js';

export const retiredNeverSilent: Mutant = {
  name: 'retired-never-silent',
  breaks:
    'A node whose retirement is on record and committed is silent (CCF, RetiredCommitted): here it goes on.',
  rules: { mayFallSilent: () => false },
  membership: true,
};
