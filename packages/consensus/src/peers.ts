/**
 * What a primary knows of each peer, and how it finds out what to send: it sends on the assumption that all arrives,
 * and goes back when a peer refuses. From there the window opens by one message for each acknowledgement, as in TCP's
 * slow start, and it goes back at most once between two heartbeats: refusals that come in a burst, late or twice do not
 * multiply what is sent.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import type { PeerDoubt } from './doubt.js';
import { endOfView } from './log.js';
import { heartbeat, sendRange } from './sending.js';
import type { RaftState } from './state.js';

export interface Peer {
  /** The last entry sent. */
  sent: Seqno;
  /** The last entry acknowledged in this view. */
  match: Seqno;
  /** From where the window counts: what was last acknowledged, or else where sending began anew. */
  base: Seqno;
  /** How many entries may be in flight beyond `base`. */
  window: number;
  /** Sending began anew since the last heartbeat. Refusals that are no news then wait for the next, in `refusedAt`. */
  beganAnew: boolean;
  /** The lowest place that the refusals which wait have named. */
  refusedAt: Seqno | undefined;
  /** It may agree only below the first entry that is held here: it is sent heartbeats only, until it acknowledges one. */
  needsSnapshot: boolean;
  /** Time since anything was heard of it. */
  silentMs: number;
  /** It answered in this view and was not in doubt. */
  sure: boolean;
  /** Undefined when it is not known to be in doubt. */
  doubt: PeerDoubt | undefined;
}

/** Begins to keep track of a peer. It is taken to hold the log up to `held`, until it says otherwise. */
export function addPeer(state: RaftState, node: NodeId, held: Seqno): void {
  state.peers.set(node, {
    sent: held,
    match: 0,
    base: held,
    window: state.settings.inFlightEntriesMax,
    beganAnew: false,
    refusedAt: undefined,
    needsSnapshot: false,
    silentMs: 0,
    sure: false,
    doubt: undefined,
  });
}

/** Sends what the peer lacks and the window allows. False when there was nothing to send. */
export function sendEntries(state: RaftState, node: NodeId, peer: Peer): boolean {
  if (peer.needsSnapshot) return false;
  const start = peer.sent;
  const end = Math.min(state.log.last, peer.base + peer.window);
  while (peer.sent < end) {
    const from = peer.sent;
    const to = Math.min(from + state.settings.appendEntriesMax, end, endOfView(state.log, from + 1));
    sendRange(state, node, from, to);
    peer.sent = to;
  }
  return peer.sent > start;
}

/** Sends entries, or at least a heartbeat, to every peer. */
export function sendToAll(state: RaftState): void {
  for (const [node, peer] of state.peers) {
    if (!sendEntries(state, node, peer)) heartbeat(state, node, peer.sent);
  }
}

/** At the time of the heartbeat: the same, after what waited for it. */
export function beat(state: RaftState): void {
  for (const peer of state.peers.values()) {
    peer.beganAnew = false;
    if (peer.refusedAt !== undefined) goBack(state, peer, peer.refusedAt);
    if (peer.doubt !== undefined && peer.doubt.fence === undefined) state.effects.sign = true;
  }
  sendToAll(state);
}

/** The peer acknowledged everything up to `last`: sending goes on from there. */
export function goOn(state: RaftState, peer: Peer, last: Seqno): void {
  const { appendEntriesMax, inFlightEntriesMax } = state.settings;
  peer.needsSnapshot = false;
  peer.base = Math.max(peer.base, last);
  peer.sent = Math.max(peer.sent, last);
  peer.window = Math.min(peer.window + appendEntriesMax, inFlightEntriesMax);
  if (peer.refusedAt !== undefined && last > peer.refusedAt) peer.refusedAt = undefined;
}

/**
 * The peer refused, and may agree at `hint`, below what was sent: begin anew there, at once if that is the first such
 * news since the last heartbeat or leads further back. What is below its acknowledgements is either late, or the peer
 * lost unsigned entries in a restart; the next heartbeat is soon enough for that.
 */
export function beginAnew(state: RaftState, node: NodeId, peer: Peer, hint: Seqno): void {
  // What a node in doubt had acknowledged before it started is no reason to wait.
  const acknowledged = peer.doubt?.held ?? peer.match;
  if (hint < acknowledged || (peer.beganAnew && hint >= peer.base)) {
    peer.refusedAt = Math.min(peer.refusedAt ?? hint, hint);
    return;
  }
  peer.beganAnew = true;
  goBack(state, peer, hint);
  sendEntries(state, node, peer);
}

function goBack(state: RaftState, peer: Peer, hint: Seqno): void {
  peer.base = hint;
  peer.sent = hint;
  peer.window = state.settings.appendEntriesMax;
  peer.refusedAt = undefined;
}
