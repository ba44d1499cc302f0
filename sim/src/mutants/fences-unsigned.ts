/**
 * Broken on purpose: only a signature clears a node in doubt, for nobody votes without one that it holds: here any entry does.
 */
import type { Mutant } from './mutant.js';

export const fencesUnsigned: Mutant = {
  name: 'fences-unsigned',
  breaks:
    'Only a signature clears a node in doubt, for nobody votes without one that it holds: here any entry does.',
  rules: { mayFence: () => true },
  turning: true,
};
