/**
 * Broken on purpose: a node that left is switched off when the record of that is committed: here as soon as the
 * configuration without it is.
 */
import type { Mutant } from './mutant.js';

export const switchedOffTooEarly: Mutant = {
  name: 'switched-off-too-early',
  breaks:
    'A node that left is switched off when the record of that is committed: here as soon as the configuration without it is.',
  honours: { switchesOffWhenRecorded: false },
  membership: true,
};
