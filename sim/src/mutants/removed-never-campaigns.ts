/**
 * Broken on purpose: a node that was removed may campaign until that is on record, for it may hold the last
 * signatures alone: here never.
 */
import type { Mutant } from './mutant.js';

export const removedNeverCampaigns: Mutant = {
  name: 'removed-never-campaigns',
  breaks:
    'A node that was removed may campaign until that is on record, for it may hold the last signatures alone: here never.',
  rules: { mayCampaign: ({ member, gone }) => member && !gone },
  membership: true,
};
