/**
 * Broken on purpose: those whose links stay are a majority of every configuration that counts (Raft 5.2): here anybody
 * is cut off.
 */
import type { Mutant } from './mutant.js';

export const cutsOffAMajority: Mutant = {
  name: 'cuts-off-a-majority',
  breaks:
    'Those whose links stay are a majority of every configuration that counts (Raft 5.2): here anybody is cut off.',
  rules: { mayLeaveOut: () => true },
  membership: true,
};
