/**
 * What a backup does with an append message: agree on the place, drop what contradicts, take over what is new,
 * commit what is proved, and say how far it got.
 */
import { assert, type NodeId } from '@coco/primitives';
import { advanceCommit } from './committing.js';
import { hearWhatIsRemembered, takeClearance } from './doubt.js';
import {
  appendToLog,
  firstConflict,
  highestPossibleMatch,
  lastView,
  signatureAtOrBelow,
  viewAt,
} from './log.js';
import { appendToMembership } from './membership.js';
import { adoptView, becomeFollower, restartElectionTimer, rollback } from './roles.js';
import { send } from './sending.js';
import type { RaftState } from './state.js';
import { traceAction, traceConfiguration, traceWithConfigurations } from './trace.js';
import type { EntryInfo, Message } from './types.js';

type AppendEntries = Extract<Message, { readonly type: 'appendEntries' }>;

export function receiveAppendEntries(state: RaftState, from: NodeId, message: AppendEntries): void {
  const { rules, log } = state;
  if (!rules.acceptsAppend({ messageView: message.view, view: state.view })) {
    respond(state, from, false, log.last);
    return;
  }
  hearPrimary(state, from, message);
  hearWhatIsRemembered(state, message.clearance);
  const { previous, to } = message;
  if (!rules.previousMatches({ previous, ownView: viewAt(log, previous.seqno) })) {
    respond(state, from, false, highestPossibleMatch(log, previous));
    return;
  }
  const keep = rules.truncateTo({
    conflict: firstConflict(log, previous.seqno + 1, to, message.entriesView),
    previous: previous.seqno,
    to,
    last: log.last,
    commit: log.commit,
  });
  if (keep !== undefined) rollback(state, keep);
  takeOver(state, from, message);
  commitAsBackup(state, message);
  takeClearance(state, from, message);
  respond(state, from, true, rules.acknowledgeUpTo({ to, last: log.last }));
}

/** The sender leads the view of its message: follow it. */
function hearPrimary(state: RaftState, from: NodeId, message: AppendEntries): void {
  if (message.view > state.view) adoptView(state, message.view);
  assert(state.leadership !== 'Leader', 'two primaries in one view');
  if (state.leadership !== 'Follower' && state.leadership !== 'None') becomeFollower(state);
  state.primary = from;
  state.primarySilentMs = 0;
  state.outOfTouchMs = 0;
  state.shortMs = 0;
  restartElectionTimer(state);
}

/** Appends the entries of the message that lie beyond the end of the log. */
function takeOver(state: RaftState, from: NodeId, message: AppendEntries): void {
  const first = state.log.last - message.previous.seqno;
  for (const entry of (message.entries ?? []).slice(Math.max(0, first))) {
    if (state.trace) traceAction(state, 'execute_append_entries_sync', { from_node_id: from });
    appendEntry(state, entry);
  }
}

/** Adds an entry to all that is kept of the log. True when the set of peers may have changed. */
export function appendEntry(state: RaftState, entry: EntryInfo): boolean {
  if (state.trace && entry.configuration !== undefined) {
    const configuration = traceConfiguration(entry.seqno, entry.configuration);
    traceWithConfigurations(state, 'add_configuration', { args: { configuration } });
  }
  appendToLog(state.log, entry);
  state.effects.append.push(entry);
  return appendToMembership(state.membership, entry);
}

function commitAsBackup(state: RaftState, message: AppendEntries): void {
  const { rules, log } = state;
  const seqno = rules.commitOnBackup({
    primaryCommit: message.commit,
    verified: message.to,
    last: log.last,
  });
  if (seqno <= log.commit) return;
  const target = rules.roundToSignature({ seqno, signature: signatureAtOrBelow(log, seqno) });
  if (target !== undefined && target > log.commit) advanceCommit(state, target);
}

function respond(state: RaftState, to: NodeId, success: boolean, last: number): void {
  send(state, to, {
    type: 'appendEntriesResponse',
    view: state.view,
    success,
    last,
    lastView: viewAt(state.log, last) ?? lastView(state.log),
    ...(state.doubt !== undefined && { doubt: state.doubt.shown }),
  });
}
