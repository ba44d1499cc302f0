/**
 * Broken on purpose: a primary commits only entries of its own view by counting (Raft 5.4.2, figure 8): here of any view.
 */
import type { Mutant } from './mutant.js';

export const commitsOlderViews: Mutant = {
  name: 'commits-older-views',
  breaks:
    'A primary commits only entries of its own view by counting (Raft 5.4.2, figure 8): here of any view.',
  rules: { commitOnPrimary: ({ signature }) => signature?.seqno },
};
