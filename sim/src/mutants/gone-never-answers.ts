/**
 * Broken on purpose: a node that is gone answers who speaks to it, for it cannot know that it was taken back (thesis
 * 4.1): here it does not.
 */
import type { Mutant } from './mutant.js';

export const goneNeverAnswers: Mutant = {
  name: 'gone-never-answers',
  breaks:
    'A node that is gone answers who speaks to it, for it cannot know that it was taken back (thesis 4.1): here it does not.',
  rules: { mayAnswer: ({ gone }) => !gone },
  membership: true,
};
