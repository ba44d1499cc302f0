/**
 * Nodes in doubt: a node that starts cannot know whether its disk shows the latest of what it wrote. If it was turned back,
 * the node has forgotten votes and acknowledgements that others count on. So it takes part as a learner at first, and is
 * cleared by a fence: a signature that the primary appends after it heard of the node, and that enough others hold
 * (`carries` in rules.ts). Whoever holds the fence votes for nobody without it; so no candidate can win any more that
 * counts on a forgotten vote, and the log that leads up to the fence has everything that was committed. A node that holds
 * that log too has nothing left that it could have forgotten.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import { lastSignature } from './log.js';
import type { Peer } from './peers.js';
import { heartbeat } from './sending.js';
import type { RaftState } from './state.js';
import { traceAction } from './trace.js';
import type { Clearance, Configuration, Doubt, EntryInfo, Memory, Message } from './types.js';

/** That this node is in doubt. */
export interface OwnDoubt {
  readonly shown: Doubt;
  /** As a primary: the signature by which it is cleared itself. */
  fence: Seqno | undefined;
  /** What it had told others, where its disk showed less. */
  turnedBack: Memory | undefined;
}

/** On a primary: that a peer is in doubt. */
export interface PeerDoubt {
  readonly life: number;
  /** The first signature that was appended since this is known. */
  fence: Seqno | undefined;
  /** How far this life of it has acknowledged. */
  held: Seqno;
  /** The fence is held by enough: the peer has to be told. */
  cleared: boolean;
}

/** What of an answer says whether its sender is in doubt. */
export interface Answer {
  readonly life?: number;
  readonly doubt?: Doubt;
}

/** How a node stands to a question: it does not agree, or it does and is in doubt or not. */
export type Support = 'absent' | 'sure' | 'unsure';

/** The node starts from a disk that may have been turned back. */
export function beginInDoubt(state: RaftState): void {
  const shown = { view: state.view, signed: lastSignature(state.log) };
  state.life = 1 + state.random.integer(2 ** 32 - 1);
  state.doubt = { shown, fence: undefined, turnedBack: undefined };
}

/** Whether this node has waited long enough for nodes that do not answer. */
export function isPatient({ settings, shortMs }: RaftState): boolean {
  return shortMs >= (settings.trustDiskAfterMs ?? Number.POSITIVE_INFINITY);
}

/** Whether those who agree carry all of these configurations, of which there is one at least. */
export function isCarried(
  state: RaftState,
  configurations: readonly Configuration[],
  patient: boolean,
  supportOf: (node: NodeId) => Support,
): boolean {
  const { rules } = state;
  const carried = configurations.map(({ nodes }) => {
    const size = nodes.length;
    const agreeing = nodes.filter((node) => supportOf(node) !== 'absent');
    const unsure = agreeing.filter((node) => supportOf(node) === 'unsure');
    const trusted = unsure.filter((node) => !isKnownTurnedBack(state, node)).length;
    const sure = agreeing.length - unsure.length;
    return rules.carries({
      size,
      quorum: rules.quorumOf(size),
      sure,
      unsure: unsure.length,
      trusted,
      patient,
    });
  });
  return carried.length > 0 && rules.wonInConfigurations(carried);
}

function isKnownTurnedBack({ nodeId, doubt, told }: RaftState, node: NodeId): boolean {
  if (node === nodeId) return doubt?.turnedBack !== undefined;
  return told.get(node)?.turnedBack !== undefined;
}

/** A new primary knows from the votes who is in doubt; its first signature is a fence for them. */
export function inheritDoubts(state: RaftState): void {
  if (state.doubt !== undefined) state.doubt.fence = undefined;
  for (const [node, vote] of state.votes) {
    const peer = state.peers.get(node);
    if (peer !== undefined && vote.doubt !== undefined) setDoubt(state, peer, vote);
  }
}

/** As the primary: a peer says that it is in doubt. In each of its lives it gets another fence. */
export function noteDoubt(state: RaftState, peer: Peer, answer: Answer): void {
  peer.sure = false;
  if (peer.doubt?.life === answer.life) return;
  setDoubt(state, peer, answer);
  state.effects.sign = true;
}

/**
 * As the primary: a peer acknowledged the log up to `last`, and is not in doubt. It is the one that was, unless this is an
 * acknowledgement of an earlier life, which cannot have held the fence.
 */
export function endDoubt(peer: Peer, last: Seqno): void {
  const fence = peer.doubt?.fence;
  if (fence !== undefined && last >= fence) peer.doubt = undefined;
}

function setDoubt({ rules, log }: RaftState, peer: Peer, { life = 0 }: Answer): void {
  peer.doubt = { life, fence: rules.fenceKnown({ commit: log.commit }), held: 0, cleared: false };
}

/** As the primary: an entry was appended, which may be the fence that nodes in doubt wait for. */
export function fenceWith(state: RaftState, { seqno, signature }: EntryInfo): void {
  if (!state.rules.mayFence({ signature })) return;
  if (state.doubt !== undefined) state.doubt.fence ??= seqno;
  for (const { doubt } of state.peers.values()) {
    if (doubt !== undefined) doubt.fence ??= seqno;
  }
}

/** As the primary: clears those whose fence is held by enough by now, this node among them. */
export function clearWhoMay(state: RaftState): void {
  if (state.leadership !== 'Leader') return;
  for (const [node, peer] of state.peers) {
    const { doubt } = peer;
    if (doubt?.fence === undefined || doubt.cleared || !isFenced(state, doubt.fence)) continue;
    doubt.cleared = true;
    heartbeat(state, node, peer.sent);
  }
  const { doubt } = state;
  if (doubt?.fence !== undefined && isFenced(state, doubt.fence)) clear(state);
}

/** As the primary: time passes, in which those who are not in doubt are a majority that answers, or not. */
export function passDoubt(state: RaftState, ms: number, configurations: readonly Configuration[]): void {
  const { nodeId, peers, doubt, rules } = state;
  const { electionTimeoutMs } = state.settings;
  const isSure = (node: NodeId): boolean => {
    if (node === nodeId) return doubt === undefined;
    const peer = peers.get(node);
    return peer?.sure === true && peer.doubt === undefined && peer.silentMs < electionTimeoutMs;
  };
  const suffice = configurations.every(
    ({ nodes }) => nodes.filter(isSure).length >= rules.quorumOf(nodes.length),
  );
  state.shortMs = suffice ? 0 : state.shortMs + ms;
  clearWhoMay(state);
}

function isFenced(state: RaftState, fence: Seqno): boolean {
  const { rules, log, nodeId, peers, persisted } = state;
  const { configurations: known } = state.membership;
  const configurations = rules.activeConfigurations({ configurations: known, commit: log.commit });
  return isCarried(state, configurations, isPatient(state), (node) => {
    const peer = peers.get(node);
    const doubt = node === nodeId ? state.doubt : peer?.doubt;
    const held = node === nodeId ? persisted : (peer?.doubt?.held ?? peer?.match ?? 0);
    if (held < fence) return 'absent';
    return doubt === undefined ? 'sure' : 'unsure';
  });
}

/** As a backup in doubt: the primary remembers more than the disk showed. */
export function hearWhatIsRemembered(state: RaftState, clearance: Clearance | undefined): void {
  const { doubt, nodeId: node } = state;
  const remembered = clearance?.remembered;
  if (doubt === undefined || clearance?.life !== state.life || remembered === undefined) return;
  if (doubt.turnedBack !== undefined) return;
  doubt.turnedBack = remembered;
  state.effects.turnedBack.push({ node, shown: doubt.shown, remembered });
}

/** As a backup in doubt that holds the primary's log up to the end of the message: perhaps that is enough. */
export function takeClearance(
  state: RaftState,
  from: NodeId,
  { clearance, to }: Extract<Message, { readonly type: 'appendEntries' }>,
): void {
  const fence = clearance?.life === state.life ? clearance?.fence : undefined;
  if (state.doubt === undefined || fence === undefined || to < fence) return;
  // It may have voted in this view and forgotten it; for whom, makes no difference any more.
  state.votedFor ??= from;
  clear(state);
}

function clear(state: RaftState): void {
  state.doubt = undefined;
  if (state.trace) traceAction(state, 'doubt_cleared');
}
