/**
 * Broken on purpose: a node that starts from a disk that may have been turned back takes no part until it is cleared: here it believes its disk.
 */
import type { Mutant } from './mutant.js';

export const trustsItsDisk: Mutant = {
  name: 'trusts-its-disk',
  breaks:
    'A node that starts from a disk that may have been turned back takes no part until it is cleared: here it believes its disk.',
  rules: { startsInDoubt: () => false },
  turning: true,
};
