/**
 * Broken on purpose: what a node in doubt acknowledges does not count towards the commit: here it does.
 */
import type { Mutant } from './mutant.js';

export const commitsInDoubt: Mutant = {
  name: 'commits-in-doubt',
  breaks: 'What a node in doubt acknowledges does not count towards the commit: here it does.',
  rules: { matchInDoubt: ({ match, acknowledged }) => Math.max(match, acknowledged) },
  turning: true,
};
