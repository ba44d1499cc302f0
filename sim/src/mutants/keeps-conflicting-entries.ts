/**
 * Broken on purpose: entries that the primary contradicts are removed (Raft 5.3): here they stay.
 */
import type { Mutant } from './mutant.js';

export const keepsConflictingEntries: Mutant = {
  name: 'keeps-conflicting-entries',
  breaks: 'Entries that the primary contradicts are removed (Raft 5.3): here they stay.',
  rules: { truncateTo: () => undefined },
};
