/**
 * How a node's role changes: following, asking whether a campaign would succeed, campaigning, leading.
 */
import { assert, type NodeId, type Seqno, type TxId, type View } from '@coco/primitives';
import { type Answer, inheritDoubts, isCarried, isPatient } from './doubt.js';
import { lastSignature, lastTxId, rollbackLog } from './log.js';
import { isGone, isRemoved, othersIn, peersOf, rollbackMembership } from './membership.js';
import { addPeer } from './peers.js';
import { heartbeat, send } from './sending.js';
import type { RaftState } from './state.js';
import { traceWithConfigurations } from './trace.js';
import type { Configuration } from './types.js';

/** Takes notice of a later view, whose primary is not known yet. */
export function adoptView(state: RaftState, view: View): void {
  changeView(state, view);
  follow(state);
  dropUnsigned(state);
  if (state.trace) traceWithConfigurations(state, 'become_follower');
}

/**
 * Follows again in the present view: a primary without a quorum gives up, or a candidate hears that the view has a
 * primary. A node that only asked around keeps its log: what it holds of this view is still that primary's.
 */
export function becomeFollower(state: RaftState): void {
  const onlyAsked = state.leadership === 'PreVoteCandidate';
  changeView(state, state.view);
  follow(state);
  if (!onlyAsked) dropUnsigned(state);
  if (state.trace) traceWithConfigurations(state, 'become_follower');
}

/** Asks the others whether they would vote for this node, without disturbing anyone (thesis 9.6). */
export function becomePreVoteCandidate(state: RaftState): void {
  startRound(state, 'PreVoteCandidate');
  if (state.trace) traceWithConfigurations(state, 'become_pre_vote_candidate');
  const lastCommittable = positionOf(state);
  for (const node of othersIn(state.membership, electorate(state))) {
    send(state, node, { type: 'requestPreVote', view: state.view, lastCommittable });
  }
  if (hasWon(state)) becomeCandidate(state);
}

/** Campaigns in a new view (Raft 5.2). */
export function becomeCandidate(state: RaftState): void {
  changeView(state, state.view + 1);
  state.votedFor = state.nodeId;
  startRound(state, 'Candidate');
  if (state.trace) traceWithConfigurations(state, 'become_candidate');
  const lastCommittable = positionOf(state);
  for (const node of othersIn(state.membership, electorate(state))) {
    send(state, node, { type: 'requestVote', view: state.view, lastCommittable });
  }
  if (hasWon(state)) becomeLeader(state);
}

/** Leads the present view: drops what cannot be committed, and tells the others. */
export function becomeLeader(state: RaftState): void {
  if (hasWon(state, false)) state.shortMs = 0;
  dropUnsigned(state);
  state.leadership = 'Leader';
  state.primary = state.nodeId;
  state.primarySilentMs = 0;
  state.outOfTouchMs = 0;
  state.timerMs = 0;
  if (state.trace) traceWithConfigurations(state, 'become_leader');
  state.peers.clear();
  for (const node of peersOf(state.membership)) addPeer(state, node, state.log.last);
  inheritDoubts(state);
  state.votes.clear();
  for (const [node, peer] of state.peers) heartbeat(state, node, peer.sent);
}

/** Does nothing of its own accord any more: the record of this node's retirement is committed. */
export function becomeSilent(state: RaftState): void {
  if (state.leadership === 'Leader') state.primary = undefined;
  state.leadership = 'None';
  state.votes.clear();
  state.peers.clear();
}

/** At the end of a step: silent or not, as the log has it now. What was appended, rolled back or committed may have changed it. */
export function followRetirement(state: RaftState): void {
  const gone = isGone(state.membership, state.rules);
  if (gone === (state.leadership === 'None')) return;
  if (gone) {
    becomeSilent(state);
    return;
  }
  state.leadership = 'Follower';
  restartElectionTimer(state);
}

/** Counts a supporter of the present round, and moves on when that decides it. */
export function addVote(state: RaftState, from: NodeId, answer: Answer): void {
  state.votes.set(from, answer);
  if (!hasWon(state)) return;
  if (state.leadership === 'PreVoteCandidate') becomeCandidate(state);
  else if (state.leadership === 'Candidate') becomeLeader(state);
}

/** Whether this node may start an election: it takes part, and does not lead already. */
export function mayCampaign(state: RaftState): boolean {
  if (state.leadership === 'Leader') return false;
  const { membership, rules } = state;
  const configurations = electorate(state);
  const member = configurations.some(({ nodes }) => nodes.includes(state.nodeId));
  const gone = isGone(membership, rules, configurations);
  return rules.mayCampaign({ member, removed: isRemoved(membership), gone });
}

/** The timer begins anew at a random value below half of the timeout, so that two nodes seldom collide. */
export function restartElectionTimer(state: RaftState): void {
  state.timerMs = state.random.integer(Math.max(1, Math.floor(state.settings.electionTimeoutMs / 2)));
}

/** Removes everything above `to` from the log and from all that was derived from it. */
export function rollback(state: RaftState, to: Seqno): void {
  if (to >= state.log.last) return;
  const { effects } = state;
  assert(effects.append.length === 0, 'a step that appended never rolls back');
  rollbackLog(state.log, to);
  rollbackMembership(state.membership, to, state.rules);
  state.persisted = Math.min(state.persisted, to);
  effects.rollbackTo = Math.min(effects.rollbackTo ?? to, to);
}

/** This node's position in an election. */
export function positionOf(state: RaftState): TxId {
  return state.rules.electionPosition({
    last: lastTxId(state.log),
    lastSignature: lastSignature(state.log),
  });
}

function changeView(state: RaftState, newView: View): void {
  state.votedFor = state.rules.voteInView({ votedFor: state.votedFor, view: state.view, newView });
  state.view = newView;
}

function follow(state: RaftState): void {
  if (state.leadership !== 'Follower') restartElectionTimer(state);
  if (state.leadership !== 'None') state.leadership = 'Follower';
  state.primary = undefined;
  state.primarySilentMs = Number.POSITIVE_INFINITY;
  state.votes.clear();
  state.peers.clear();
}

function startRound(state: RaftState, leadership: 'PreVoteCandidate' | 'Candidate'): void {
  // A round has ended in which too few answered: what this node waits for is not those in doubt.
  if (isCandidate(state) && !hasWon(state, true)) state.shortMs = 0;
  state.leadership = leadership;
  state.primary = undefined;
  state.primarySilentMs = Number.POSITIVE_INFINITY;
  state.votes.clear();
  state.votes.set(state.nodeId, state.doubt === undefined ? {} : { doubt: state.doubt.shown });
  restartElectionTimer(state);
}

/** Whether the votes of this round suffice; or would, if this node had waited long enough (`patient`). */
function hasWon(state: RaftState, patient = isPatient(state)): boolean {
  const { votes } = state;
  return isCarried(state, electorate(state), patient, (node) => {
    const vote = votes.get(node);
    if (vote === undefined) return 'absent';
    return vote.doubt === undefined ? 'sure' : 'unsure';
  });
}

function isCandidate({ leadership }: RaftState): boolean {
  return leadership === 'PreVoteCandidate' || leadership === 'Candidate';
}

/**
 * The configurations that decide whether this node is elected: those that are left when it is. One that is not signed yet
 * would be dropped then, and its nodes may never have heard of it.
 */
function electorate(state: RaftState): readonly Configuration[] {
  const keep = keptWithoutPrimary(state);
  const configurations = state.membership.configurations.filter(({ seqno }) => seqno <= keep);
  return state.rules.activeConfigurations({ configurations, commit: state.log.commit });
}

function dropUnsigned(state: RaftState): void {
  rollback(state, keptWithoutPrimary(state));
}

function keptWithoutPrimary({ rules, log }: RaftState): Seqno {
  const { last, commit } = log;
  return rules.keepWithoutPrimary({ last, lastSignature: lastSignature(log).seqno, commit });
}
