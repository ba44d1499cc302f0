/**
 * Putting messages among the effects of a step.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import { viewAt } from './log.js';
import type { RaftState } from './state.js';
import { traceSend } from './trace.js';
import type { Clearance, Message } from './types.js';

/** Sends a message. Whoever is gone may at most answer. */
export function send(state: RaftState, to: NodeId, message: Message): void {
  if (state.leadership === 'None') {
    const election = message.type !== 'appendEntriesResponse';
    if (!state.rules.mayAnswer({ gone: true, election })) return;
  }
  if (state.trace) traceSend(state, to, message);
  const { life } = state;
  state.effects.send.push({ to, message: life === undefined ? message : { ...message, life } });
}

/** As the primary: sends the entries after `after` up to `to`, all of one view. */
export function sendRange(state: RaftState, node: NodeId, after: Seqno, to: Seqno): void {
  const { log } = state;
  send(state, node, {
    type: 'appendEntries',
    view: state.view,
    previous: { view: viewAt(log, after) ?? 0, seqno: after },
    to,
    entriesView: viewAt(log, to) ?? 0,
    commit: log.commit,
    ...clearanceFor(state, node),
  });
}

/** What a node in doubt is told with every append message. */
function clearanceFor({ peers, told }: RaftState, node: NodeId): { clearance?: Clearance } {
  const doubt = peers.get(node)?.doubt;
  if (doubt === undefined) return {};
  const { life, fence } = doubt;
  const memory = told.get(node);
  const remembered = memory?.life === life ? memory.turnedBack : undefined;
  return {
    clearance: {
      life,
      ...(doubt.cleared && fence !== undefined && { fence }),
      ...(remembered !== undefined && { remembered }),
    },
  };
}

/** As the primary: says that it leads, how far it sent, and how far is committed. */
export function heartbeat(state: RaftState, node: NodeId, sent: Seqno): void {
  sendRange(state, node, sent, sent);
}
