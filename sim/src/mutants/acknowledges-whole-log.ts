/**
 * Broken on purpose: an acknowledgement ends with the range received (Raft 5.3): here with the log.
 */
import type { Mutant } from './mutant.js';

export const acknowledgesWholeLog: Mutant = {
  name: 'acknowledges-whole-log',
  breaks: 'An acknowledgement ends with the range received (Raft 5.3): here with the log.',
  rules: { acknowledgeUpTo: ({ last }) => last },
};
