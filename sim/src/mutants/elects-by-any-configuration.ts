/**
 * Broken on purpose: an election needs a majority of every active configuration (CCF): here of any one of them.
 */
import type { Mutant } from './mutant.js';

export const electsByAnyConfiguration: Mutant = {
  name: 'elects-by-any-configuration',
  breaks: 'An election needs a majority of every active configuration (CCF): here of any one of them.',
  rules: { wonInConfigurations: (wonIn) => wonIn.some((won) => won) },
  membership: true,
  nodes: 3,
};
