/**
 * Moving the commit: when a primary may, what follows from it, and how leadership is handed over.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import { commitLog, signatureAtOrBelow, viewAt } from './log.js';
import { commitMembership, isGone, othersIn, peersOf } from './membership.js';
import { addPeer, sendEntries } from './peers.js';
import { becomeSilent } from './roles.js';
import { heartbeat, send } from './sending.js';
import type { RaftState } from './state.js';
import { traceWithConfigurations } from './trace.js';
import type { Configuration } from './types.js';

/** Commits as far as the quorums of all active configurations allow. True when the commit moved. */
export function commitAsPrimary(state: RaftState): boolean {
  let moved = false;
  // Each commit may drop a configuration and so free the next.
  while (state.leadership === 'Leader') {
    const target = committableNow(state);
    if (target === undefined || target <= state.log.commit) break;
    advanceCommit(state, target);
    moved = true;
  }
  return moved;
}

/** Moves the commit to `seqno`, with what follows for configurations and for a retirement of this node. */
export function advanceCommit(state: RaftState, seqno: Seqno): void {
  if (state.trace) traceWithConfigurations(state, 'commit', { args: { idx: seqno } });
  commitLog(state.log, seqno);
  state.effects.commit = seqno;
  if (!commitMembership(state.membership, seqno, state.rules)) return;
  if (state.leadership === 'Leader' && isGone(state.membership, state.rules)) {
    nominate(state);
    becomeSilent(state);
  }
  followMembership(state);
}

/** On a primary: keeps track of exactly the peers that there are. The new ones are taken to hold the log up to `held`. */
export function followMembership(state: RaftState, held = state.log.last): NodeId[] {
  if (state.leadership !== 'Leader') return [];
  const peers = peersOf(state.membership);
  for (const [node, peer] of state.peers) {
    if (peers.includes(node)) continue;
    // A last word, so that a node that was removed learns that nobody needs it any more.
    if (!sendEntries(state, node, peer)) heartbeat(state, node, peer.sent);
    state.peers.delete(node);
  }
  const added = peers.filter((node) => !state.peers.has(node));
  for (const node of added) addPeer(state, node, held);
  return added;
}

/** Asks `to`, or else the best-matched peer, to campaign at once: a node of an active configuration. */
export function nominate(state: RaftState, to?: NodeId): void {
  if (state.leadership !== 'Leader') return;
  const voters = othersIn(state.membership, state.membership.configurations);
  const successor = to ?? bestMatched(state);
  if (successor === undefined || !voters.includes(successor)) return;
  send(state, successor, { type: 'proposeRequestVote', view: state.view });
}

/** The peer that holds most; among equals one in the latest configuration, for it will stay longest. */
function bestMatched(state: RaftState): NodeId | undefined {
  let best: { node: NodeId; match: Seqno; latest: number } | undefined;
  const { configurations } = state.membership;
  for (const [node, { match, doubt }] of state.peers) {
    if (doubt !== undefined) continue;
    const latest = configurations.findLastIndex(({ nodes }) => nodes.includes(node));
    if (latest === -1) continue;
    if (best === undefined || match > best.match || (match === best.match && latest > best.latest)) {
      best = { node, match, latest };
    }
  }
  return best?.node;
}

function committableNow(state: RaftState): Seqno | undefined {
  const { rules, log, view } = state;
  const { configurations: known } = state.membership;
  const configurations = rules.activeConfigurations({ configurations: known, commit: log.commit });
  if (configurations.length === 0) return undefined;
  const agreed = rules.agreedByConfigurations(
    configurations.map((configuration) => agreedIn(state, configuration)),
  );
  const seqno = signatureAtOrBelow(log, agreed);
  const signature = seqno === undefined ? undefined : { view: viewAt(log, seqno) ?? 0, seqno };
  return rules.commitOnPrimary({ agreed, signature, view });
}

/** How far this node counts itself. In doubt it counts itself no more than others would. */
function ownMatch({ rules, log, persisted, doubt }: RaftState): Seqno {
  const match = rules.selfMatch({ last: log.last, persisted });
  return doubt === undefined ? match : rules.matchInDoubt({ match: 0, acknowledged: match });
}

/** The highest seqno that a majority of the configuration holds durably. */
function agreedIn(state: RaftState, { nodes }: Configuration): Seqno {
  const { rules } = state;
  const matches = nodes.map((node) =>
    node === state.nodeId ? ownMatch(state) : (state.peers.get(node)?.match ?? 0),
  );
  matches.sort((a, b) => b - a);
  const quorum = Math.max(1, rules.quorumOf(nodes.length));
  return matches[quorum - 1] ?? 0;
}
