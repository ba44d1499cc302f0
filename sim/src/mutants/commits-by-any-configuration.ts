/**
 * Broken on purpose: commit needs a majority of every active configuration (CCF): here of any one of them.
 */
import type { Mutant } from './mutant.js';

export const commitsByAnyConfiguration: Mutant = {
  name: 'commits-by-any-configuration',
  breaks: 'Commit needs a majority of every active configuration (CCF): here of any one of them.',
  rules: { agreedByConfigurations: (agreedIn) => Math.max(...agreedIn) },
  membership: true,
  nodes: 3,
};
