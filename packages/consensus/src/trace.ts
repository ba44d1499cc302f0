/**
 * The trace of the core: one object per action, so that its steps can be checked against a formal model. The names
 * of functions and fields are those that CCF's driver writes.
 */
import type { NodeId } from '@coco/primitives';
import { membershipStateOf, phaseOf, type RaftState } from './state.js';
import type { Message } from './types.js';

/** Actions that are traced. */
export type TracedAction =
  | 'become_pre_vote_candidate'
  | 'become_candidate'
  | 'become_leader'
  | 'become_follower'
  | 'replicate'
  | 'add_configuration'
  | 'commit'
  | 'execute_append_entries_sync'
  | 'peer_needs_snapshot'
  | 'step_down_and_nominate_successor'
  | 'doubt_cleared';

/** Reports an action with the state as it is now. Callers ask for `state.trace` first, to spend nothing without it. */
export function traceAction(
  state: RaftState,
  action: TracedAction,
  facts: Readonly<Record<string, unknown>> = {},
): void {
  state.trace?.({ function: action, state: traceState(state), ...facts });
}

/** Reports an action that carries the active configurations. */
export function traceWithConfigurations(
  state: RaftState,
  action: TracedAction,
  facts: Readonly<Record<string, unknown>> = {},
): void {
  const configurations = state.membership.configurations.map(({ seqno, nodes }) =>
    traceConfiguration(seqno, nodes),
  );
  traceAction(state, action, { configurations, ...facts });
}

export function traceConfiguration(idx: number, nodes: readonly NodeId[]): Record<string, unknown> {
  return { idx, nodes: Object.fromEntries(nodes.map((node) => [node, { address: ':' }])), rid: idx };
}

/** Reports a message that is about to leave. */
export function traceSend(state: RaftState, to: NodeId, message: Message): void {
  const function_ = `send_${traceNameOf(message)}`;
  state.trace?.({
    function: function_,
    state: traceState(state),
    packet: tracePacket(message),
    to_node_id: to,
    ...tracePeer(state, to),
  });
}

/** Reports a message that arrived, before it changes anything. */
export function traceReceive(state: RaftState, from: NodeId, message: Message): void {
  const function_ = `recv_${traceNameOf(message)}`;
  state.trace?.({
    function: function_,
    state: traceState(state),
    packet: tracePacket(message),
    from_node_id: from,
    ...tracePeer(state, from),
  });
}

function traceState(state: RaftState): Record<string, unknown> {
  const { signatures } = state.log;
  const phase = phaseOf(state);
  return {
    node_id: state.nodeId,
    current_view: state.view,
    last_idx: state.log.last,
    commit_idx: state.log.commit,
    leadership_state: state.leadership,
    membership_state: membershipStateOf(state),
    ...(phase !== undefined && { retirement_phase: phase }),
    pre_vote_enabled: state.settings.preVote,
    committable_indices: signatures.length < 2 ? [...signatures] : [signatures[0], signatures.at(-1)],
  };
}

function tracePeer(state: RaftState, id: NodeId): Record<string, unknown> {
  const peer = state.peers.get(id);
  return peer === undefined ? {} : { match_idx: peer.match, sent_idx: peer.sent };
}

/** Both kinds of election are traced under one name, and told apart by the packet's `msg`. */
function traceNameOf(message: Message): string {
  switch (message.type) {
    case 'appendEntries':
      return 'append_entries';
    case 'appendEntriesResponse':
      return 'append_entries_response';
    case 'requestPreVote':
    case 'requestVote':
      return 'request_vote';
    case 'requestPreVoteResponse':
    case 'requestVoteResponse':
      return 'request_vote_response';
    case 'proposeRequestVote':
      return 'propose_request_vote';
  }
}

/** A message as CCF's driver writes it. */
function tracePacket(message: Message): Record<string, unknown> {
  switch (message.type) {
    case 'appendEntries':
      return {
        msg: 'raft_append_entries',
        term: message.view,
        idx: message.to,
        prev_idx: message.previous.seqno,
        prev_term: message.previous.view,
        term_of_idx: message.to === 0 ? 0 : message.entriesView,
        leader_commit_idx: message.commit,
      };
    case 'appendEntriesResponse':
      return {
        msg: 'raft_append_entries_response',
        term: message.view,
        success: message.success ? 'OK' : 'FAIL',
        last_log_idx: message.last,
        last_log_term: message.lastView,
      };
    case 'requestPreVote':
    case 'requestVote':
      return {
        msg: message.type === 'requestVote' ? 'raft_request_vote' : 'raft_request_pre_vote',
        term: message.view,
        last_committable_idx: message.lastCommittable.seqno,
        term_of_last_committable_idx: message.lastCommittable.view,
      };
    case 'requestPreVoteResponse':
    case 'requestVoteResponse':
      return {
        msg:
          message.type === 'requestVoteResponse'
            ? 'raft_request_vote_response'
            : 'raft_request_pre_vote_response',
        term: message.view,
        vote_granted: message.granted,
      };
    case 'proposeRequestVote':
      return { msg: 'raft_propose_request_vote', term: message.view };
  }
}
