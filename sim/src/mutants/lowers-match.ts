/**
 * Broken on purpose: what a peer is known to hold never decreases (Raft 5.3): here a late acknowledgement lowers it.
 */
import type { Mutant } from './mutant.js';

export const lowersMatch: Mutant = {
  name: 'lowers-match',
  breaks: 'What a peer is known to hold never decreases (Raft 5.3): here a late acknowledgement lowers it.',
  rules: { matchAfterSuccess: ({ acknowledged }) => acknowledged },
};
