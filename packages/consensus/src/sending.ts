/**
 * What a primary sends, and how far: entries in ranges of one view each, within the window of what may be in
 * flight to a peer, and heartbeats.
 */
import type { NodeId } from '@coco/primitives';
import { endOfView, viewAt } from './log.js';
import type { Peer, RaftState } from './state.js';
import { traceSend } from './trace.js';
import type { Message } from './types.js';

/** Puts a message among the effects of this step. */
export function send(state: RaftState, to: NodeId, message: Message): void {
  if (state.silent) return;
  if (state.trace) traceSend(state, to, message);
  state.effects.send.push({ to, message });
}

/** Begins to keep track of a peer. It is taken to have what this node has, until it says otherwise. */
export function addPeer(state: RaftState, node: NodeId): void {
  const { last } = state.log;
  state.peers.set(node, { sent: last, match: 0, base: last, refusedAt: undefined, silentMs: 0 });
}

/** Tells a peer that this node leads, how far it sent, and how far is committed. */
export function heartbeat(state: RaftState, node: NodeId, peer: Peer): void {
  sendRange(state, node, peer.sent, peer.sent);
}

/** Sends what the peer lacks and the window allows. False when there was nothing to send. */
export function sendEntries(state: RaftState, node: NodeId, peer: Peer): boolean {
  const { appendEntriesMax, inFlightEntriesMax } = state.settings;
  const windowEnd = Math.min(state.log.last, Math.max(peer.match, peer.base) + inFlightEntriesMax);
  if (peer.sent >= windowEnd) return false;
  while (peer.sent < windowEnd) {
    const from = peer.sent;
    const to = Math.min(from + appendEntriesMax, windowEnd, endOfView(state.log, from + 1));
    sendRange(state, node, from, to);
    peer.sent = to;
  }
  return true;
}

/** Sends entries, or at least a heartbeat, to every peer. */
export function sendToAll(state: RaftState): void {
  for (const [node, peer] of state.peers) {
    if (!sendEntries(state, node, peer)) heartbeat(state, node, peer);
  }
}

function sendRange(state: RaftState, node: NodeId, after: number, to: number): void {
  const { log } = state;
  send(state, node, {
    type: 'appendEntries',
    view: state.view,
    previous: { view: viewAt(log, after) ?? 0, seqno: after },
    to,
    entriesView: viewAt(log, to) ?? 0,
    commit: log.commit,
  });
}
