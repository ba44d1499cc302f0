/**
 * Broken on purpose: responses of older views say nothing (Raft 5.1): here they count.
 */
import type { Mutant } from './mutant.js';

export const heedsOldResponses: Mutant = {
  name: 'heeds-old-responses',
  breaks: 'Responses of older views say nothing (Raft 5.1): here they count.',
  rules: { isCurrentResponse: () => true },
};
