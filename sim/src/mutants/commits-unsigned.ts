/**
 * Broken on purpose: commit lands on signatures only (CCF): here on whatever a quorum holds.
 */
import type { Mutant } from './mutant.js';

export const commitsUnsigned: Mutant = {
  name: 'commits-unsigned',
  breaks: 'Commit lands on signatures only (CCF): here on whatever a quorum holds.',
  rules: { commitOnPrimary: ({ agreed }) => agreed },
};
