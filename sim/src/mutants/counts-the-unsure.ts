/**
 * Broken on purpose: nodes in doubt make no majority: here they count like others.
 */
import type { Mutant } from './mutant.js';

export const countsTheUnsure: Mutant = {
  name: 'counts-the-unsure',
  breaks: 'Nodes in doubt make no majority: here they count like others.',
  rules: { carries: ({ quorum, sure, unsure }) => sure + unsure >= quorum },
  turning: true,
};
