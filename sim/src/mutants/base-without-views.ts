/**
 * Broken on purpose: the base of a snapshot tells every view of the ledger (TX-4, log matching): here only the last,
 * as if it had been the first.
 */
import type { Mutant } from './mutant.js';

export const baseWithoutViews: Mutant = {
  name: 'base-without-views',
  breaks:
    'The base of a snapshot tells every view of the ledger (TX-4, log matching): here only the last, as if it had been the first.',
  honours: { baseTellsViews: false },
  membership: true,
};
