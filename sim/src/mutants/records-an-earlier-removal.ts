/**
 * Broken on purpose: the record of a removal is made when no configuration that counts has the node: here also by an
 * earlier removal of it.
 */
import { raftRules } from '@coco/consensus';
import type { Mutant } from './mutant.js';

export const recordsAnEarlierRemoval: Mutant = {
  name: 'records-an-earlier-removal',
  breaks:
    'The record of a removal is made when no configuration that counts has the node: here also by an earlier removal of it.',
  rules: {
    mayRecord: ({ configurations, nodes }) =>
      raftRules.mayRecord({ configurations: configurations.slice(0, 1), nodes }),
  },
  membership: true,
};
