/**
 * Local: an append message names a range of one view of the sender's own log, in the sender's view, and a commit that
 * the sender has; and nothing of what the sender does not hold, for it began at a snapshot.
 */
import { type Checker, check } from './checker.js';

const name = 'append-range';

export function appendRange(): Checker {
  return {
    name,
    step({ node, ready, before, after }) {
      // One that commits its own retirement may have had a last word before, in the same step.
      const leads = after.isLeader || (before.isLeader && ready.role?.state === 'None');
      for (const { message } of ready.send) {
        if (message.type !== 'appendEntries') continue;
        const { previous, to, entriesView } = message;
        check(leads && message.view === after.view, name, () => `${node.id} sends entries and is no leader`);
        check(message.commit <= after.commit, name, () => `${node.id} claims commit ${message.commit}`);
        check(
          previous.seqno === 0 || node.log[previous.seqno - 1]?.view === previous.view,
          name,
          () => `${node.id} names ${previous.view}.${previous.seqno}, which is not in its log`,
        );
        check(
          previous.seqno >= node.disk.heldFrom - 1,
          name,
          () => `${node.id} sends after ${previous.seqno}, but holds entries only from ${node.disk.heldFrom}`,
        );
        check(to <= node.log.length, name, () => `${node.id} sends up to ${to}, has ${node.log.length}`);
        for (let seqno = previous.seqno + 1; seqno <= to; seqno++) {
          check(
            node.log[seqno - 1]?.view === entriesView,
            name,
            () => `${node.id} sends seqno ${seqno} as of view ${entriesView}`,
          );
        }
      }
    },
  };
}
