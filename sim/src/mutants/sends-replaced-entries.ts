/**
 * Broken on purpose: a range is sent only while the log still holds it (contract of effects): here whatever stands at that place is sent.
 */
import type { Mutant } from './mutant.js';

export const sendsReplacedEntries: Mutant = {
  name: 'sends-replaced-entries',
  breaks:
    'A range is sent only while the log still holds it (contract of effects): here whatever stands at that place is sent.',
  honours: { sendOnlyFromLog: false },
};
