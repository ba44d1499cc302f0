/**
 * Broken on purpose: signed entries survive an election, for they may be committed (CCF): here everything above the commit is dropped.
 */
import type { Mutant } from './mutant.js';

export const dropsSignedSuffix: Mutant = {
  name: 'drops-signed-suffix',
  breaks:
    'Signed entries survive an election, for they may be committed (CCF): here everything above the commit is dropped.',
  rules: { keepWithoutPrimary: ({ commit }) => commit },
};
