/**
 * The messages of elections: requests for encouragement and for votes, and the answers.
 */
import type { NodeId } from '@coco/primitives';
import {
  addVote,
  adoptView,
  becomeCandidate,
  mayCampaign,
  positionOf,
  restartElectionTimer,
} from './roles.js';
import { send } from './sending.js';
import type { RaftState } from './state.js';
import type { Message } from './types.js';

type Of<Type extends Message['type']> = Extract<Message, { readonly type: Type }>;

/**
 * Answers a node that asks before it campaigns. Nothing changes here by it, except that a later view is adopted,
 * and that only where the question is heeded: while a primary is heard, a node that strayed ahead must not bring
 * it down.
 */
export function receiveRequestPreVote(state: RaftState, from: NodeId, message: Of<'requestPreVote'>): void {
  const heeds = (upToDate: boolean): boolean =>
    state.rules.mayGrantPreVote({
      upToDate,
      primarySilentMs: state.primarySilentMs,
      electionTimeoutMs: state.settings.electionTimeoutMs,
    });
  if (message.view > state.view && heeds(true)) adoptView(state, message.view);
  const granted =
    message.view === state.view && heeds(state.rules.isUpToDate(message.lastCommittable, positionOf(state)));
  send(state, from, {
    type: 'requestPreVoteResponse',
    view: state.view,
    granted,
    ...answering(state, message),
  });
}

/** Votes, at most once in a view (Raft 5.2, 5.4.1). */
export function receiveRequestVote(state: RaftState, from: NodeId, message: Of<'requestVote'>): void {
  const { rules } = state;
  if (message.view > state.view) adoptView(state, message.view);
  const granted =
    message.view === state.view &&
    rules.mayGrantVote({
      candidate: from,
      votedFor: state.votedFor,
      primary: state.primary,
      upToDate: rules.isUpToDate(message.lastCommittable, positionOf(state)),
    });
  if (granted) {
    state.votedFor = from;
    restartElectionTimer(state);
  }
  send(state, from, { type: 'requestVoteResponse', view: state.view, granted, ...answering(state, message) });
}

/** Counts an answer to the round that is going on; those to earlier rounds say nothing. */
export function receiveVoteResponse(
  state: RaftState,
  from: NodeId,
  message: Of<'requestPreVoteResponse'> | Of<'requestVoteResponse'>,
): void {
  if (message.view > state.view) {
    adoptView(state, message.view);
    return;
  }
  const round = message.type === 'requestVoteResponse' ? 'Candidate' : 'PreVoteCandidate';
  if (state.leadership !== round || !message.granted) return;
  if (!state.rules.isCurrentResponse({ responseView: message.view, view: state.view })) return;
  if (message.askedBy !== state.life) return;
  addVote(state, from, message);
}

/** What goes with an answer: which life asked, and whether this node is in doubt. */
function answering(
  { doubt }: RaftState,
  { life }: Message,
): Pick<Of<'requestVoteResponse'>, 'askedBy' | 'doubt'> {
  return { ...(life !== undefined && { askedBy: life }), ...(doubt !== undefined && { doubt: doubt.shown }) };
}

/** Campaigns at once, for the primary of this view proposes it. In doubt it would have to ask first. */
export function receiveProposeRequestVote(state: RaftState, message: Of<'proposeRequestVote'>): void {
  if (message.view === state.view && state.doubt === undefined && mayCampaign(state)) becomeCandidate(state);
}
