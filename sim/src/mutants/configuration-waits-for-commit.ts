/**
 * Broken on purpose: a configuration takes effect when its entry is appended (CCF): here when that is committed.
 */
import type { Mutant } from './mutant.js';

export const configurationWaitsForCommit: Mutant = {
  name: 'configuration-waits-for-commit',
  breaks: 'A configuration takes effect when its entry is appended (CCF): here when that is committed.',
  rules: {
    activeConfigurations: ({ configurations, commit }) =>
      configurations.filter(({ seqno }) => seqno <= commit),
  },
  membership: true,
};
