/**
 * Local: before a vote, a candidacy or an acknowledgement leaves, the view and the vote that it rests on have been
 * handed to the disk in this Ready or an earlier one (Raft, figure 2: "updated on stable storage before responding").
 */
import type { Message } from '@coco/consensus';
import { type Checker, check } from './checker.js';

const name = 'hard-state-first';

export function hardStateFirst(): Checker {
  return {
    name,
    step({ node, ready, after }) {
      for (const { to, message } of ready.send) {
        if (!restsOnHardState(message)) continue;
        const view = after.hardState?.view ?? 0;
        check(
          view >= message.view,
          name,
          () => `${node.id} sends ${message.type} of view ${message.view}, persisted ${view}`,
        );
        const candidate = message.type === 'requestVote' ? node.id : to;
        check(
          message.type === 'appendEntriesResponse' || after.hardState?.votedFor === candidate,
          name,
          () =>
            `${node.id} votes for ${candidate} in view ${view}, persisted ${after.hardState?.votedFor ?? 'nobody'}`,
        );
      }
    },
  };
}

function restsOnHardState(message: Message): boolean {
  switch (message.type) {
    case 'requestVote':
      return true;
    case 'requestVoteResponse':
      return message.granted;
    case 'appendEntriesResponse':
      return message.success;
    default:
      return false;
  }
}
