/**
 * Broken on purpose: a primary that hears no majority gives up (thesis 6.2, check-quorum): here it goes on.
 */
import type { Mutant } from './mutant.js';

export const leadsWithoutQuorum: Mutant = {
  name: 'leads-without-quorum',
  breaks: 'A primary that hears no majority gives up (thesis 6.2, check-quorum): here it goes on.',
  rules: { mayKeepLeading: () => true },
};
