/**
 * Broken on purpose: a refusal proves nothing of what a peer holds (Raft 5.3): here its hint is taken as an acknowledgement.
 */
import type { Mutant } from './mutant.js';

export const believesRefusals: Mutant = {
  name: 'believes-refusals',
  breaks:
    'A refusal proves nothing of what a peer holds (Raft 5.3): here its hint is taken as an acknowledgement.',
  rules: { matchAfterFailure: ({ match, hint }) => Math.max(match, hint) },
};
