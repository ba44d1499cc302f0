/**
 * Raft as a machine: one event in, its effects out. Everything that happens to a node goes through `step`; this
 * file only decides who deals with it.
 */
import { assertNever, type NodeId, type Seqno, type TxId } from '@coco/primitives';
import { receiveAppendEntries } from './backup.js';
import { nominate } from './committing.js';
import {
  receiveProposeRequestVote,
  receiveRequestPreVote,
  receiveRequestVote,
  receiveVoteResponse,
} from './election.js';
import { lastTxId, txStatusOf, viewAt } from './log.js';
import { hear } from './memory.js';
import { checkMessage } from './messages.js';
import {
  appendAsPrimary,
  elapseAsPrimary,
  receiveAppendEntriesResponse,
  receivePersisted,
} from './primary.js';
import { restoreState } from './restore.js';
import { becomeCandidate, becomePreVoteCandidate, followRetirement, mayCampaign } from './roles.js';
import { type RaftRules, raftRules } from './rules.js';
import { isTooEarlyToJudge } from './standstill.js';
import { type RaftState, statusOf, takeReady } from './state.js';
import { traceReceive, traceWithConfigurations } from './trace.js';
import type { Consensus, ConsensusEvent, ConsensusStart, Message } from './types.js';

/**
 * A Raft node as its disk left it, or a fresh one. `rules` replaces single rules of safety; only a simulator that
 * wants to see what breaks does that.
 *
 * The first `step` also reports what the start itself led to (`startAsLeader`); send it `elapsed` of 0 ms at once.
 * Throws COCO_CONSENSUS_START when what the disk holds contradicts itself.
 */
export function createRaft(start: ConsensusStart, rules: Partial<RaftRules> = {}): Consensus {
  const state = restoreState(start, { ...raftRules, ...rules });
  return {
    step: (event) => {
      handle(state, event);
      followRetirement(state);
      return takeReady(state);
    },
    status: () => statusOf(state),
    get isLeader() {
      return state.leadership === 'Leader';
    },
    get view() {
      return state.view;
    },
    get last() {
      return lastTxId(state.log);
    },
    get commit() {
      return state.log.commit;
    },
    get primary() {
      return state.primary;
    },
    mayLeaveOut: (nodes, by) => mayLeaveOut(state, nodes, by),
    mayRecord: (nodes) => state.rules.mayRecord({ configurations: state.membership.configurations, nodes }),
    viewAt: (seqno: Seqno) => viewAt(state.log, seqno),
    txStatus: (id: TxId) => txStatusOf(state.log, id),
  };
}

function mayLeaveOut(state: RaftState, nodes: readonly NodeId[], by: 'heard' | 'all' = 'all'): boolean {
  const { nodeId, membership, peers, rules, settings } = state;
  const { configurations } = membership;
  const isSilent = (node: NodeId): boolean =>
    (peers.get(node)?.silentMs ?? 0) >= settings.electionTimeoutMs && by === 'heard';
  const next = (configurations.at(-1)?.nodes ?? []).filter(
    (node) => !nodes.includes(node) && !isSilent(node),
  );
  return rules.mayLeaveOut({ self: nodeId, configurations, next });
}

function handle(state: RaftState, event: ConsensusEvent): void {
  switch (event.type) {
    case 'elapsed':
      elapse(state, event.ms);
      break;
    case 'receive':
      receive(state, event.from, event.message);
      break;
    case 'append':
      appendAsPrimary(state, event.entries);
      break;
    case 'persisted':
      receivePersisted(state, event.upTo);
      break;
    case 'transferLeadership':
      if (state.trace && state.leadership === 'Leader') {
        traceWithConfigurations(state, 'step_down_and_nominate_successor');
      }
      nominate(state, event.to);
      break;
    default:
      assertNever(event, 'consensus event');
  }
}

function elapse(state: RaftState, ms: number): void {
  const isEarly = isTooEarlyToJudge(state, ms);
  if (state.leadership === 'Leader') elapseAsPrimary(state, ms, isEarly);
  else elapseWithoutLeading(state, ms, isEarly);
}

function elapseWithoutLeading(state: RaftState, ms: number, isEarly: boolean): void {
  state.primarySilentMs += ms;
  state.outOfTouchMs += ms;
  state.shortMs += ms;
  state.timerMs += ms;
  if (isEarly || state.timerMs < state.settings.electionTimeoutMs || !mayCampaign(state)) return;
  // In doubt it asks first in any case: it may have led views that it has forgotten.
  if (state.settings.preVote || state.doubt !== undefined) becomePreVoteCandidate(state);
  else becomeCandidate(state);
}

function receive(state: RaftState, from: NodeId, message: Message): void {
  checkMessage(from, message);
  if (state.trace) traceReceive(state, from, message);
  hear(state, from, message);
  switch (message.type) {
    case 'appendEntries':
      receiveAppendEntries(state, from, message);
      break;
    case 'appendEntriesResponse':
      receiveAppendEntriesResponse(state, from, message);
      break;
    case 'requestPreVote':
      receiveRequestPreVote(state, from, message);
      break;
    case 'requestVote':
      receiveRequestVote(state, from, message);
      break;
    case 'requestPreVoteResponse':
    case 'requestVoteResponse':
      receiveVoteResponse(state, from, message);
      break;
    case 'proposeRequestVote':
      receiveProposeRequestVote(state, message);
      break;
    default:
      assertNever(message, 'consensus message');
  }
}
