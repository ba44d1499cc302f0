/**
 * One vote per view (Raft 5.2), as the others see it: what left the node, over crashes and restarts. That no vote which
 * counts was forgotten by a disk that was turned back is for election safety and leader completeness to say.
 */
import { type Checker, check } from './checker.js';

const name = 'one-vote-on-the-wire';

export function oneVote(): Checker {
  const votes = new Map<string, string>();
  return {
    name,
    sent({ from, to, message }) {
      // A candidate's request is its vote for itself.
      const isVote = message.type === 'requestVoteResponse' && message.granted;
      if (!isVote && message.type !== 'requestVote') return;
      // In doubt it may have forgotten a vote: what it says now is no vote by itself.
      if (isVote ? message.doubt !== undefined : from.machine?.status().doubt !== undefined) return;
      const candidate = isVote ? to.id : from.id;
      // Turned back it may have forgotten a vote for a candidate that cannot win any more: one vote in each life, then.
      const key = `${from.id}@${message.view}${from.turned ? ` in life ${message.life}` : ''}`;
      const known = votes.get(key);
      if (known === undefined) votes.set(key, candidate);
      else {
        check(
          known === candidate,
          name,
          () => `${from.id} votes for ${known} and ${candidate} in view ${message.view}`,
        );
      }
    },
  };
}
