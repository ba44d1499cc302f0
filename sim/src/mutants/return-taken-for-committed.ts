/**
 * Broken on purpose: a return counts against leaving when it is committed: here when it is appended, and a rollback
 * does not undo that.
 */
import type { Mutant } from './mutant.js';

export const returnTakenForCommitted: Mutant = {
  name: 'return-taken-for-committed',
  breaks:
    'A return counts against leaving when it is committed: here when it is appended, and a rollback does not undo that.',
  rules: {
    leavingAfter: ({ leaving, ended, inForce, later }) =>
      [...new Set([...leaving, ...ended])].filter((id) => !inForce.includes(id) && !later.includes(id)),
  },
  membership: true,
};
