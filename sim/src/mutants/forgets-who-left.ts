/**
 * Broken on purpose: who left is leaving until that is on record: here the next commit of a configuration forgets it.
 */
import type { Mutant } from './mutant.js';

export const forgetsWhoLeft: Mutant = {
  name: 'forgets-who-left',
  breaks: 'Who left is leaving until that is on record: here the next commit of a configuration forgets it.',
  rules: { leavingAfter: ({ ended, inForce }) => ended.filter((id) => !inForce.includes(id)) },
  membership: true,
};
