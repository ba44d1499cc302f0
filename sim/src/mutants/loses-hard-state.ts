/**
 * Broken on purpose: view and vote survive a crash (Raft figure 2, persistent state): here the disk drops them and says nothing.
 */
import type { Mutant } from './mutant.js';

export const losesHardState: Mutant = {
  name: 'loses-hard-state',
  breaks:
    'View and vote survive a crash (Raft figure 2, persistent state): here the disk drops them and says nothing.',
  honours: { persistHardState: false },
};
