/**
 * One number for everything that happened in a run, in order: the same seed must give the same hash on every
 * machine and with any number of jobs, or a violation could not be replayed.
 */
import type { ConsensusEvent, Message } from '@coco/consensus';
import type { StepSeen } from './world.js';

/** A running hash of steps (two lanes of 32 bits, not cryptographic). */
export interface EventHash {
  mixStep(seen: StepSeen): void;
  /** Takes in one number, modulo 2^32. */
  mix(value: number): void;
  /** 16 hex digits. */
  digest(): string;
}

const eventCodes: Record<ConsensusEvent['type'], number> = {
  elapsed: 1,
  receive: 2,
  append: 3,
  persisted: 4,
  transferLeadership: 5,
};
const messageCodes: Record<Message['type'], number> = {
  appendEntries: 11,
  appendEntriesResponse: 12,
  requestPreVote: 13,
  requestPreVoteResponse: 14,
  requestVote: 15,
  requestVoteResponse: 16,
  proposeRequestVote: 17,
};

/** A hash of nothing yet. */
export function createEventHash(): EventHash {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  const mix = (value: number): void => {
    a = Math.imul(a ^ value, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + value + (a >>> 3), 0x85ebca6b);
    b ^= b >>> 13;
  };
  const mixMessage = (message: Message): void => {
    mix(messageCodes[message.type] ?? 0);
    mix(message.view);
    if (message.type === 'appendEntries') {
      mix(message.to);
      mix(message.commit);
    } else if (message.type === 'appendEntriesResponse') {
      mix(message.last);
    }
  };
  return {
    mix,
    mixStep(seen) {
      const { event, ready } = seen;
      mix(Math.floor(seen.nowUs / 2 ** 20));
      mix(seen.nowUs);
      mix(seen.node.index * 32 + (eventCodes[event.type] ?? 0));
      if (event.type === 'receive') {
        mix(seen.envelope?.from.index ?? 0);
        mixMessage(event.message);
      }
      mix(seen.after.view);
      mix(seen.after.commit);
      mix(seen.node.log.length);
      for (const outgoing of ready.send) mixMessage(outgoing.message);
    },
    digest: () => hex(a) + hex(b),
  };
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
