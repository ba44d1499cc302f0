/**
 * Broken on purpose: messages leave only after what they rest on is durable (contract of effects: persist, then send): here at once.
 */
import type { Mutant } from './mutant.js';

export const sendsBeforeDurable: Mutant = {
  name: 'sends-before-durable',
  breaks:
    'Messages leave only after what they rest on is durable (contract of effects: persist, then send): here at once.',
  honours: { sendAfterPersist: false },
};
