/**
 * How a node begins: fresh, as the first primary of a network, or from what its disk holds.
 */
import { CocoError } from '@coco/primitives';
import { beginInDoubt } from './doubt.js';
import { appendToLog, commitLog, lastSignature, lastView, signatureAtOrBelow } from './log.js';
import { appendToMembership, commitMembership } from './membership.js';
import { becomeLeader, followRetirement, restartElectionTimer } from './roles.js';
import type { RaftRules } from './rules.js';
import { createState, type RaftState } from './state.js';
import type { ConsensusStart, EntryInfo } from './types.js';

/** Throws COCO_CONSENSUS_START when the entries, the commit and the hard state contradict each other. */
export function restoreState(start: ConsensusStart, rules: RaftRules): RaftState {
  checkBase(start);
  const state = createState(start, rules);
  for (const entry of start.entries ?? []) restoreEntry(state, entry);
  const { log } = state;
  if (lastSignature(log).seqno !== log.last) refuse('the log does not end at a signature', log.last);
  if (start.hardState === undefined) state.view = Math.max(state.view, lastView(log));
  if (lastView(log) > state.view) refuse('the log is of a later view than the hard state', log.last);
  state.persisted = log.last;
  restoreCommit(state, start);
  restartElectionTimer(state);
  followRetirement(state);
  if (start.startAsLeader === true) {
    if (log.last > 0 || start.hardState !== undefined)
      refuse('only a fresh node can start as primary', log.last);
    state.view = 2;
    state.votedFor = state.nodeId;
    becomeLeader(state);
  } else if (rules.startsInDoubt({ inDoubt: start.inDoubt ?? false })) {
    beginInDoubt(state);
  }
  return state;
}

/** The base describes a place in a ledger, and the driver holds all that follows it. */
function checkBase({ base, heldFrom }: ConsensusStart): void {
  const seqno = base?.seqno ?? 0;
  if (heldFrom !== undefined && (heldFrom < 1 || heldFrom > seqno + 1)) {
    refuse('entries are missing between the base and the first that is held', heldFrom);
  }
  if (base === undefined) return;
  const { views, view, configuration } = base;
  const ascend = views.every((run, i) => {
    const before = views[i - 1] ?? { view: 0, from: 0 };
    return run.view > before.view && run.from > before.from;
  });
  const last = views.at(-1);
  if (seqno < 1 || !ascend || views[0]?.from !== 1 || last?.view !== view || last.from > seqno) {
    refuse('the views of the base do not lead up to it', seqno);
  }
  if (configuration.seqno > seqno || configuration.nodes.length === 0) {
    refuse('the base lies before its configuration', seqno);
  }
}

function restoreEntry(state: RaftState, entry: EntryInfo): void {
  const { log, membership } = state;
  if (entry.seqno !== log.last + 1) refuse('its entries are not consecutive', entry.seqno);
  if (entry.view < Math.max(1, lastView(log))) refuse('its views go back', entry.seqno);
  if (entry.view > lastView(log) && lastSignature(log).seqno !== log.last) {
    refuse('its view changes after an entry that is not a signature', entry.seqno);
  }
  appendToLog(log, entry);
  appendToMembership(membership, entry);
}

function restoreCommit(state: RaftState, { commit: stated = 0, hardState }: ConsensusStart): void {
  const { log, membership } = state;
  if (stated > log.last) refuse('it lacks entries that were committed', stated);
  // At the base and below it everything is committed, wherever the node stood when it stopped.
  const known = Math.max(stated, log.commit);
  if (known > log.commit && !log.signatures.includes(known)) refuse('its commit is not a signature', stated);
  // The hard state is written before the entries that come with it: those may be lost, what is there is the same.
  const noted = signatureAtOrBelow(log, hardState?.commit ?? 0) ?? 0;
  const commit = Math.max(known, noted, impliedCommit(state));
  if (commit === log.commit) return;
  commitLog(log, commit);
  commitMembership(membership, commit, state.rules);
}

/**
 * A record that the retirement of nodes is committed was only written once it was: then so was the configuration that
 * left them out, and the first signature after that. Without this a restarted node could wait for ever for the vote of
 * a node that is no more.
 */
function impliedCommit({ log, membership }: RaftState): number {
  let implied = 0;
  for (const record of membership.records) {
    const before = membership.configurations.filter(({ seqno }) => seqno < record.seqno);
    const last = before.findLastIndex(({ nodes }) => record.nodes.some((node) => nodes.includes(node)));
    // They left before the base: nothing that follows it is implied.
    if (last === -1) continue;
    const removal = before[last + 1]?.seqno ?? Number.POSITIVE_INFINITY;
    const signature = log.signatures.find((seqno) => seqno > removal) ?? 0;
    if (signature < record.seqno) implied = Math.max(implied, signature);
  }
  return implied;
}

function refuse(why: string, seqno: number): never {
  throw new CocoError(
    'COCO_CONSENSUS_START',
    `This node cannot start from what its disk holds: ${why}. Restore its ledger or let it join afresh.`,
    { seqno },
  );
}
