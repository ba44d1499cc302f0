/**
 * Broken on purpose: a member that starts again from a snapshot keeps what it acknowledged beyond it: here that is
 * thrown away.
 */
import type { Mutant } from './mutant.js';

export const snapshotCutsLog: Mutant = {
  name: 'snapshot-cuts-log',
  breaks:
    'A member that starts again from a snapshot keeps what it acknowledged beyond it: here that is thrown away.',
  honours: { keepsLogOnRejoin: false },
  membership: true,
};
