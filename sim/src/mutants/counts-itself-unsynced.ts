/**
 * Broken on purpose: a primary counts itself only as far as its own disk is (Ongaro thesis 10.2.1): here as far as its memory is.
 */
import type { Mutant } from './mutant.js';

export const countsItselfUnsynced: Mutant = {
  name: 'counts-itself-unsynced',
  breaks:
    'A primary counts itself only as far as its own disk is (Ongaro thesis 10.2.1): here as far as its memory is.',
  rules: { selfMatch: ({ last }) => last },
  // A single node, for with more the entries of a primary reach a peer only after its own disk.
  nodes: 1,
};
