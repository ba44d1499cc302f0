/**
 * Broken on purpose: a primary that began at a snapshot sends nothing from before it: here it promises entries that
 * it does not hold.
 */
import type { Mutant } from './mutant.js';

export const sendsWhatItLacks: Mutant = {
  name: 'sends-what-it-lacks',
  breaks:
    'A primary that began at a snapshot sends nothing from before it: here it promises entries that it does not hold.',
  rules: { sendAfter: ({ hint }) => hint },
  membership: true,
};
