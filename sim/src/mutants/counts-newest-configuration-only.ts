/**
 * Broken on purpose: a quorum is needed in every active configuration (CCF): here in the newest only.
 */
import type { Mutant } from './mutant.js';

export const countsNewestConfigurationOnly: Mutant = {
  name: 'counts-newest-configuration-only',
  breaks: 'A quorum is needed in every active configuration (CCF): here in the newest only.',
  rules: {
    agreedByConfigurations: (agreedIn) => agreedIn.at(-1) ?? 0,
    wonInConfigurations: (wonIn) => wonIn.at(-1) ?? false,
  },
  membership: true,
};
