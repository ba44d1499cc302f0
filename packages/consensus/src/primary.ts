/**
 * What a primary does: append what it is given, hear how far its peers are, and give up when it hears too few.
 */
import { assert, type NodeId } from '@coco/primitives';
import { appendEntry } from './backup.js';
import { commitAsPrimary, followMembership } from './committing.js';
import { clearWhoMay, endDoubt, fenceWith, noteDoubt, passDoubt } from './doubt.js';
import { highestPossibleMatch, viewAt } from './log.js';
import { rememberSigned } from './memory.js';
import { beat, beginAnew, goOn, type Peer, sendEntries, sendToAll } from './peers.js';
import { adoptView, becomeFollower } from './roles.js';
import { heartbeat } from './sending.js';
import type { RaftState } from './state.js';
import { traceAction } from './trace.js';
import type { EntryInfo, Message } from './types.js';

type AppendEntriesResponse = Extract<Message, { readonly type: 'appendEntriesResponse' }>;

/** Appends entries of this primary's own making, and sends them on. */
export function appendAsPrimary(state: RaftState, entries: readonly EntryInfo[]): void {
  assert(state.leadership === 'Leader', 'only a primary appends');
  for (const entry of entries) {
    assert(entry.view === state.view, 'a primary appends in its own view');
    if (state.trace) {
      const { view, seqno, signature } = entry;
      traceAction(state, 'replicate', { view, seqno, globally_committable: signature });
    }
    const before = state.log.last;
    if (appendEntry(state, entry)) {
      for (const node of followMembership(state, before)) heartbeat(state, node, before);
    }
    fenceWith(state, entry);
  }
  if (sendsAtOnce(state)) for (const [node, peer] of state.peers) sendEntries(state, node, peer);
}

/** Takes notice of how far this node's own disk is. Reports of entries since rolled back are void. */
export function receivePersisted(state: RaftState, upTo: { view: number; seqno: number }): void {
  if (viewAt(state.log, upTo.seqno) !== upTo.view) return;
  state.persisted = Math.max(state.persisted, upTo.seqno);
  clearWhoMay(state);
  commitAndTell(state);
}

/** Time passes for a primary. While it `isEarly` it goes on whoever is silent. */
export function elapseAsPrimary(state: RaftState, ms: number, isEarly: boolean): void {
  for (const peer of state.peers.values()) peer.silentMs += ms;
  const { configurations } = state.membership;
  const active = state.rules.activeConfigurations({ configurations, commit: state.log.commit });
  const silentMs = active.map(({ nodes }) => nodes.map((node) => state.peers.get(node)?.silentMs ?? 0));
  state.outOfTouchMs = outOfTouchMs(state, silentMs);
  const { electionTimeoutMs, heartbeatMs } = state.settings;
  if (!isEarly && !state.rules.mayKeepLeading({ silentMs, electionTimeoutMs })) {
    becomeFollower(state);
    return;
  }
  passDoubt(state, ms, active);
  state.timerMs += ms;
  if (state.timerMs < heartbeatMs) return;
  state.timerMs = 0;
  beat(state);
}

/** The time within which a majority of each configuration was heard, of which `silentMs` lists the nodes. */
function outOfTouchMs({ rules }: RaftState, silentMs: readonly (readonly number[])[]): number {
  const times = silentMs.map(
    (nodes) => nodes.toSorted((a, b) => a - b)[rules.quorumOf(nodes.length) - 1] ?? 0,
  );
  return Math.max(0, ...times);
}

export function receiveAppendEntriesResponse(
  state: RaftState,
  from: NodeId,
  message: AppendEntriesResponse,
): void {
  const peer = state.peers.get(from);
  if (state.leadership !== 'Leader' || peer === undefined) return;
  peer.silentMs = 0;
  if (message.view > state.view) {
    adoptView(state, message.view);
    return;
  }
  if (message.doubt !== undefined) noteDoubt(state, peer, message);
  // A refusal only says where to send from again, so even a late one does no harm.
  if (!message.success) backOff(state, from, peer, message);
  else if (state.rules.isCurrentResponse({ responseView: message.view, view: state.view })) {
    advancePeer(state, from, peer, message);
  }
}

function advancePeer(state: RaftState, node: NodeId, peer: Peer, message: AppendEntriesResponse): void {
  // Nobody holds more of a view than its primary; who says so is not counted.
  if (message.last > state.log.last) return;
  const { match, doubt } = peer;
  if (message.doubt === undefined) {
    peer.match = state.rules.matchAfterSuccess({ match, acknowledged: message.last });
    peer.sure = true;
    endDoubt(peer, message.last);
    rememberSigned(state, node, message);
  } else {
    peer.match = state.rules.matchInDoubt({ match, acknowledged: message.last });
    if (doubt !== undefined) doubt.held = Math.max(doubt.held, message.last);
  }
  clearWhoMay(state);
  goOn(state, peer, message.last);
  commitAndTell(state);
  if (sendsAtOnce(state) && state.leadership === 'Leader') sendEntries(state, node, peer);
}

/**
 * The peer's log does not reach, or contradicts, what was sent: go back to where the two may agree. That can be
 * below what it acknowledged, for a restart drops what is unsigned.
 */
function backOff(state: RaftState, node: NodeId, peer: Peer, message: AppendEntriesResponse): void {
  const agrees = highestPossibleMatch(state.log, { view: message.lastView, seqno: message.last });
  peer.match = state.rules.matchAfterFailure({ match: peer.match, hint: agrees });
  const hint = state.rules.sendAfter({ hint: agrees, heldFrom: state.log.heldFrom });
  if (agrees < hint && !peer.needsSnapshot) {
    peer.needsSnapshot = true;
    if (state.trace) traceAction(state, 'peer_needs_snapshot', { to_node_id: node });
  }
  if (hint >= peer.sent) return;
  if (sendsAtOnce(state)) {
    beginAnew(state, node, peer, hint);
  } else {
    peer.sent = hint;
    peer.base = hint;
  }
}

/** Commits what can be, and lets the peers know without waiting for the next heartbeat. */
function commitAndTell(state: RaftState): void {
  if (state.leadership === 'Leader' && commitAsPrimary(state) && sendsAtOnce(state)) sendToAll(state);
}

function sendsAtOnce(state: RaftState): boolean {
  return state.settings.sendAtOnce ?? true;
}
