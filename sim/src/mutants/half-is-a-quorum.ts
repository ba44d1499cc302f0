/**
 * Broken on purpose: a quorum is more than half (Raft 5.2): here half of the nodes, rounded down, is enough.
 */
import type { Mutant } from './mutant.js';

export const halfIsAQuorum: Mutant = {
  name: 'half-is-a-quorum',
  breaks: 'A quorum is more than half (Raft 5.2): here half of the nodes, rounded down, is enough.',
  rules: { quorumOf: (size) => Math.max(1, Math.floor(size / 2)) },
};
