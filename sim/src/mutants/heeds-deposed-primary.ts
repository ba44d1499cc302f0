/**
 * Broken on purpose: append messages of older views are refused (Raft 5.1): here they are taken.
 */
import type { Mutant } from './mutant.js';

export const heedsDeposedPrimary: Mutant = {
  name: 'heeds-deposed-primary',
  breaks: 'Append messages of older views are refused (Raft 5.1): here they are taken.',
  rules: { acceptsAppend: () => true },
};
