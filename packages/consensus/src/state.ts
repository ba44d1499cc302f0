/**
 * The state of one Raft node: plain data, which `step` and the functions it calls are the only ones to change, and
 * the effects that a step has gathered so far.
 */
import type { NodeId, Random, Seqno, View } from '@coco/primitives';
import type { Answer, OwnDoubt } from './doubt.js';
import { createLogIndex, type LogIndex, lastSignature, lastTxId } from './log.js';
import { createMembership, type Membership, retirementPhaseOf } from './membership.js';
import type { Told } from './memory.js';
import type { Peer } from './peers.js';
import type { RaftRules } from './rules.js';
import type {
  ConsensusSettings,
  ConsensusStart,
  ConsensusStatus,
  EntryInfo,
  HardState,
  LeadershipState,
  LogBase,
  MembershipState,
  Outgoing,
  PeerStatus,
  Ready,
  RetirementPhase,
  TurnedBack,
} from './types.js';

export interface RaftState {
  readonly nodeId: NodeId;
  readonly settings: ConsensusSettings;
  readonly random: Random;
  readonly rules: RaftRules;
  readonly trace: ConsensusStart['trace'];
  view: View;
  votedFor: NodeId | undefined;
  leadership: LeadershipState;
  primary: NodeId | undefined;
  readonly log: LogIndex;
  readonly membership: Membership;
  /** Durable on this node's disk up to here. */
  persisted: Seqno;
  /** Since the last heartbeat sent, or on the way to the next election. */
  timerMs: number;
  /** Since the primary of this view was last heard; infinite when it has not been. */
  primarySilentMs: number;
  /** For so long yet nothing is concluded from silence, as this node stood still. */
  graceMs: number;
  /** How old what this node knows of the network may be. */
  outOfTouchMs: number;
  /** Who supports this node's present campaign, with their doubt. */
  readonly votes: Map<NodeId, Answer>;
  /** Tells this life of the node from its earlier ones; undefined when its disk cannot be turned back. */
  life: number | undefined;
  /** Undefined when this node is not in doubt. */
  doubt: OwnDoubt | undefined;
  /** What others told this node, in all the roles that it had. */
  readonly told: Map<NodeId, Told>;
  /** For how long a majority has answered that was one only with nodes in doubt. */
  shortMs: number;
  /** On a primary. */
  readonly peers: Map<NodeId, Peer>;
  readonly effects: Effects;
}

/** What the current step has led to so far, and what was last reported. */
export interface Effects {
  rollbackTo: Seqno | undefined;
  append: EntryInfo[];
  send: Outgoing[];
  commit: Seqno | undefined;
  sign: boolean;
  turnedBack: TurnedBack[];
  reportedHardState: HardState;
  reportedRole: { state: LeadershipState; view: View; primary: NodeId | undefined };
}

/** A node as it is before its disk is looked at. */
export function createState(start: ConsensusStart, rules: RaftRules): RaftState {
  const persisted = start.hardState ?? { view: 1 };
  const { view, votedFor } = beginningOf(persisted, start.base);
  return {
    nodeId: start.nodeId,
    settings: start.settings,
    random: start.random,
    rules,
    trace: start.trace,
    view,
    votedFor,
    leadership: 'Follower',
    primary: undefined,
    log: createLogIndex(start.base, start.heldFrom),
    membership: createMembership(start.nodeId, start.base ?? start.initialNodes),
    persisted: 0,
    timerMs: 0,
    graceMs: 0,
    primarySilentMs: Number.POSITIVE_INFINITY,
    outOfTouchMs: Number.POSITIVE_INFINITY,
    votes: new Map(),
    life: undefined,
    doubt: undefined,
    told: new Map(),
    shortMs: 0,
    peers: new Map(),
    effects: {
      rollbackTo: undefined,
      append: [],
      send: [],
      commit: undefined,
      sign: false,
      turnedBack: [],
      reportedHardState: persisted,
      reportedRole: { state: 'Follower', view, primary: undefined },
    },
  };
}

/**
 * The view in which a node begins, and its vote there. A base of a later view than the hard state stands for messages of
 * that view which the node never got: it takes notice of the view as it would have by them, and has no vote there yet.
 */
function beginningOf(persisted: HardState, base: LogBase | undefined): HardState {
  return base === undefined || base.view <= persisted.view ? persisted : { view: base.view };
}

/** Hands over the effects of the step that ends, and begins anew. */
export function takeReady(state: RaftState): Ready {
  const { effects } = state;
  const hardState = changedHardState(state);
  const role = changedRole(state);
  const ready: { -readonly [Field in keyof Ready]: Ready[Field] } = { send: effects.send };
  if (effects.rollbackTo !== undefined) ready.rollbackTo = effects.rollbackTo;
  if (hardState !== undefined) ready.hardState = hardState;
  if (effects.append.length > 0) ready.append = effects.append;
  if (effects.commit !== undefined) ready.commit = effects.commit;
  if (role !== undefined) ready.role = role;
  if (effects.sign && state.leadership === 'Leader') ready.sign = true;
  if (effects.turnedBack.length > 0) ready.turnedBack = effects.turnedBack;
  effects.rollbackTo = undefined;
  effects.append = [];
  effects.send = [];
  effects.commit = undefined;
  effects.sign = false;
  effects.turnedBack = [];
  return ready;
}

function changedHardState(state: RaftState): HardState | undefined {
  const { view, votedFor } = state;
  const { reportedHardState: reported } = state.effects;
  const commit = Math.max(state.membership.endedBy, reported.commit ?? 0);
  if (reported.view === view && reported.votedFor === votedFor && (reported.commit ?? 0) === commit)
    return undefined;
  state.effects.reportedHardState = {
    view,
    ...(votedFor !== undefined && { votedFor }),
    ...(commit > 0 && { commit }),
  };
  return state.rules.hardStateToPersist(state.effects.reportedHardState);
}

function changedRole(state: RaftState): Ready['role'] {
  const { leadership, view, primary } = state;
  const reported = state.effects.reportedRole;
  if (reported.state === leadership && reported.view === view && reported.primary === primary)
    return undefined;
  state.effects.reportedRole = { state: leadership, view, primary };
  return { state: leadership, view, ...(primary !== undefined && { primary }) };
}

/** The phase of this node's retirement, by its log; undefined while it is active. */
export function phaseOf({ membership, log, rules }: RaftState): RetirementPhase | undefined {
  return retirementPhaseOf(membership, lastSignature(log).seqno, rules);
}

export function membershipStateOf(state: RaftState): MembershipState {
  return phaseOf(state) === undefined ? 'Active' : 'Retired';
}

function doubtOf({ turnedBack }: OwnDoubt): NonNullable<ConsensusStatus['doubt']> {
  return turnedBack === undefined ? {} : { turnedBack };
}

/** A copy of the state for readers. */
export function statusOf(state: RaftState): ConsensusStatus {
  const phase = phaseOf(state);
  const peers: Record<NodeId, PeerStatus> = {};
  for (const [id, { sent, match, silentMs, needsSnapshot, doubt }] of state.peers) {
    const inDoubt = doubt !== undefined;
    peers[id] = {
      sent,
      match,
      silentMs,
      ...(inDoubt && { inDoubt }),
      ...(needsSnapshot && { needsSnapshot }),
    };
  }
  return {
    nodeId: state.nodeId,
    view: state.view,
    last: lastTxId(state.log),
    commit: state.log.commit,
    heldFrom: state.log.heldFrom,
    leadership: state.leadership,
    membership: membershipStateOf(state),
    ...(phase !== undefined && { retirementPhase: phase }),
    ...(state.primary !== undefined && { primary: state.primary }),
    outOfTouchMs: state.outOfTouchMs,
    ...(state.votedFor !== undefined && { votedFor: state.votedFor }),
    ...(state.doubt !== undefined && { doubt: doubtOf(state.doubt) }),
    preVoteEnabled: state.settings.preVote,
    committable: [...state.log.signatures],
    configurations: state.membership.configurations.map((configuration) => ({ ...configuration })),
    peers,
  };
}
