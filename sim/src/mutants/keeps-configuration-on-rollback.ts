/**
 * Broken on purpose: a configuration is rolled back with its entry (CCF): here it stays.
 */
import type { Mutant } from './mutant.js';

export const keepsConfigurationOnRollback: Mutant = {
  name: 'keeps-configuration-on-rollback',
  breaks: 'A configuration is rolled back with its entry (CCF): here it stays.',
  rules: { keepsConfiguration: () => true },
  membership: true,
};
