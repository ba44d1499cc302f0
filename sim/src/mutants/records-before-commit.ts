/**
 * Broken on purpose: the retirement of a node is recorded when the configuration without it is committed: here when
 * that is appended.
 */
import type { Mutant } from './mutant.js';

export const recordsBeforeCommit: Mutant = {
  name: 'records-before-commit',
  breaks:
    'The retirement of a node is recorded when the configuration without it is committed: here when that is appended.',
  rules: { mayRecord: () => true },
  membership: true,
};
