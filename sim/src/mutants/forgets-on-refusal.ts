/**
 * Broken on purpose: a refusal does not lower what a peer is known to hold (Raft 5.3): here it does.
 */
import type { Mutant } from './mutant.js';

export const forgetsOnRefusal: Mutant = {
  name: 'forgets-on-refusal',
  breaks: 'A refusal does not lower what a peer is known to hold (Raft 5.3): here it does.',
  rules: { matchAfterFailure: ({ match, hint }) => Math.min(match, hint) },
};
