/**
 * Broken on purpose: the commit that ended a configuration survives a restart, for others may have cut off who counted
 * there: here it is forgotten.
 */
import type { Mutant } from './mutant.js';

export const forgetsWhatEnded: Mutant = {
  name: 'forgets-what-ended',
  breaks:
    'The commit that ended a configuration survives a restart, for others may have cut off who counted there: here it is forgotten.',
  rules: {
    hardStateToPersist: ({ view, votedFor }) => (votedFor === undefined ? { view } : { view, votedFor }),
  },
  membership: true,
  nodes: 2,
};
