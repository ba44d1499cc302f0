/**
 * Broken on purpose: no pre-vote while a primary is heard (thesis 9.6, etcd): here anyone up to date is encouraged.
 */
import type { Mutant } from './mutant.js';

export const encouragesRivals: Mutant = {
  name: 'encourages-rivals',
  breaks: 'No pre-vote while a primary is heard (thesis 9.6, etcd): here anyone up to date is encouraged.',
  rules: { mayGrantPreVote: ({ upToDate }) => upToDate },
};
