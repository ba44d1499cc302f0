/**
 * Broken on purpose: the links of a node that is quarantined are cut when that is appended: here when it is committed.
 */
import type { Mutant } from './mutant.js';

export const cutsOffWhenCommitted: Mutant = {
  name: 'cuts-off-when-committed',
  breaks: 'The links of a node that is quarantined are cut when that is appended: here when it is committed.',
  honours: { cutsOffAtOnce: false },
  membership: true,
};
