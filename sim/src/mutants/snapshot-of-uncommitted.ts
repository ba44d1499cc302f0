/**
 * Broken on purpose: a snapshot is taken of what is committed: here of all that is signed.
 */
import type { Mutant } from './mutant.js';

export const snapshotOfUncommitted: Mutant = {
  name: 'snapshot-of-uncommitted',
  breaks: 'A snapshot is taken of what is committed: here of all that is signed.',
  honours: { snapshotsOnlyCommitted: false },
  membership: true,
};
