/**
 * Broken on purpose: a new primary signs before anything else (CCF): here it begins with an ordinary entry.
 */
import type { Mutant } from './mutant.js';

export const beginsUnsigned: Mutant = {
  name: 'begins-unsigned',
  breaks: 'A new primary signs before anything else (CCF): here it begins with an ordinary entry.',
  honours: { signFirst: false },
};
