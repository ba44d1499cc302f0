/**
 * Broken on purpose: a host says `persisted` when the sync is done (contract of effects): here when it is asked for.
 */
import type { Mutant } from './mutant.js';

export const toldBeforeDurable: Mutant = {
  name: 'told-before-durable',
  breaks: 'A host says `persisted` when the sync is done (contract of effects): here when it is asked for.',
  honours: { persistedWhenDurable: false },
  // A single node, for with more the entries of a primary reach a peer only after its own disk.
  nodes: 1,
};
