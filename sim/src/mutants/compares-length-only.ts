/**
 * Broken on purpose: agreement just before the range means the same view there (Raft 5.3): here any entry there will do.
 */
import type { Mutant } from './mutant.js';

export const comparesLengthOnly: Mutant = {
  name: 'compares-length-only',
  breaks:
    'Agreement just before the range means the same view there (Raft 5.3): here any entry there will do.',
  rules: { previousMatches: ({ ownView }) => ownView !== undefined },
};
