/**
 * What a primary knows of each peer, and how it finds out what to send: it sends on the assumption that all arrives,
 * and goes back when a peer refuses. How fast it goes back is bounded, so that refusals that come in a burst, late or
 * twice do not multiply what is sent.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import { endOfView } from './log.js';
import { heartbeat, sendRange } from './sending.js';
import type { RaftState } from './state.js';

export interface Peer {
  /** The last entry sent. */
  sent: Seqno;
  /** The last entry acknowledged in this view. */
  match: Seqno;
  /** Where sending last began anew: at the election, or where a refusal said. */
  base: Seqno;
  /** One message from `base` is out to see whether the two agree there; nothing follows before it is acknowledged. */
  probing: boolean;
  /** A refusal was followed at once since the last heartbeat. Others wait for the next one, in `refusedAt`. */
  followed: boolean;
  /** The lowest place that the refusals which wait have named. */
  refusedAt: Seqno | undefined;
  /** Time since anything was heard of it. */
  silentMs: number;
}

/** Begins to keep track of a peer. It is taken to hold the log up to `held`, until it says otherwise. */
export function addPeer(state: RaftState, node: NodeId, held: Seqno): Peer {
  const peer: Peer = {
    sent: held,
    match: 0,
    base: held,
    probing: false,
    followed: false,
    refusedAt: undefined,
    silentMs: 0,
  };
  state.peers.set(node, peer);
  return peer;
}

/** Sends what the peer lacks and the window allows. False when there was nothing to send. */
export function sendEntries(state: RaftState, node: NodeId, peer: Peer): boolean {
  if (peer.probing || peer.sent >= windowEnd(state, peer)) return false;
  while (sendMessage(state, node, peer));
  return true;
}

/** Sends entries, or at least a heartbeat, to every peer. */
export function sendToAll(state: RaftState): void {
  for (const [node, peer] of state.peers) {
    if (!sendEntries(state, node, peer)) heartbeat(state, node, peer.sent);
  }
}

/** At the time of the heartbeat: the same, and what waited for it. */
export function beat(state: RaftState): void {
  for (const [node, peer] of state.peers) {
    peer.followed = false;
    if (peer.refusedAt !== undefined) goBack(peer, peer.refusedAt);
    if (peer.probing) {
      peer.sent = peer.base;
      if (sendMessage(state, node, peer)) continue;
    }
    if (!sendEntries(state, node, peer)) heartbeat(state, node, peer.sent);
  }
}

/** The peer acknowledged everything up to `last`: sending goes on from there. */
export function goOn(peer: Peer, last: Seqno): void {
  if (last >= peer.base) peer.probing = false;
  peer.sent = Math.max(peer.sent, peer.match);
}

/** The peer refused, and may agree at `hint`, below what was sent: begin again there, now or with the next heartbeat. */
export function beginAgain(state: RaftState, node: NodeId, peer: Peer, hint: Seqno): void {
  const further = peer.probing && hint < peer.base;
  if (!further && peer.probing) return;
  if (!further && peer.followed) {
    peer.refusedAt = Math.min(peer.refusedAt ?? hint, hint);
    return;
  }
  peer.followed = true;
  goBack(peer, hint);
  sendMessage(state, node, peer);
}

function goBack(peer: Peer, hint: Seqno): void {
  peer.base = hint;
  peer.sent = hint;
  peer.probing = true;
  peer.refusedAt = undefined;
}

/** Sends one message of entries: of one view, within the limits. False when there are none to send. */
function sendMessage(state: RaftState, node: NodeId, peer: Peer): boolean {
  const end = windowEnd(state, peer);
  const from = peer.sent;
  if (from >= end) return false;
  const to = Math.min(from + state.settings.appendEntriesMax, end, endOfView(state.log, from + 1));
  sendRange(state, node, from, to);
  peer.sent = to;
  return true;
}

function windowEnd(state: RaftState, peer: Peer): Seqno {
  return Math.min(state.log.last, Math.max(peer.match, peer.base) + state.settings.inFlightEntriesMax);
}
