/**
 * Broken on purpose: only a member campaigns: here also a node that is still to join.
 */
import type { Mutant } from './mutant.js';

export const joinerCampaigns: Mutant = {
  name: 'joiner-campaigns',
  breaks: 'Only a member campaigns: here also a node that is still to join.',
  rules: { mayCampaign: ({ gone }) => !gone },
  membership: true,
};
