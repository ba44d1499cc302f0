/**
 * Broken on purpose: a node that does not lead shuns who is quarantined by what is committed and not ended since, for the
 * end of its log may never be heard of again, and it may be behind: here whomever its own log says.
 */
import type { Mutant } from './mutant.js';

export const shunsByItsLog: Mutant = {
  name: 'shuns-by-its-log',
  breaks:
    'A node that does not lead shuns who is quarantined by what is committed and not ended since, for the end of its log may never be heard of again, and it may be behind: here whomever its own log says.',
  honours: { shunsWhenCommitted: false },
  membership: true,
};
