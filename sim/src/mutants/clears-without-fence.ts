/**
 * Broken on purpose: a node in doubt is cleared by a signature that was appended after the primary heard of it: here by what
 * is committed already, as soon as enough others are known to hold it.
 */
import type { Mutant } from './mutant.js';

export const clearsWithoutFence: Mutant = {
  name: 'clears-without-fence',
  breaks:
    'A node in doubt is cleared by a signature that was appended after the primary heard of it: here by what is committed already.',
  rules: { fenceKnown: ({ commit }) => commit },
  turning: true,
};
