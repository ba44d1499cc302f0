/**
 * Broken on purpose: the unsigned suffix is dropped at every election, so that views change only after a signature (CCF): here it stays.
 */
import type { Mutant } from './mutant.js';

export const keepsUnsignedSuffix: Mutant = {
  name: 'keeps-unsigned-suffix',
  breaks:
    'The unsigned suffix is dropped at every election, so that views change only after a signature (CCF): here it stays.',
  rules: { keepWithoutPrimary: ({ last }) => last },
};
