/**
 * Broken on purpose: the base of a snapshot tells the configuration in force: here a node that starts from it
 * believes in the first one.
 */
import type { Mutant } from './mutant.js';

export const baseWithoutConfiguration: Mutant = {
  name: 'base-without-configuration',
  breaks:
    'The base of a snapshot tells the configuration in force: here a node that starts from it believes in the first one.',
  honours: { baseTellsConfiguration: false },
  membership: true,
};
