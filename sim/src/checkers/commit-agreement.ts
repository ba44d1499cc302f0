/**
 * Committed prefixes agree: at every seqno that two nodes consider committed they hold the same entry, by view and
 * by digest, from the moment at which the decision is taken.
 */
import { formatTxId, type Seqno } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import { type Checker, check } from './checker.js';

const name = 'commit-agreement';

export function commitAgreement(): Checker {
  const committed: LogRecord[] = [];
  const seenOf = new Map<string, Seqno>();
  return {
    name,
    started(node) {
      const commit = node.machine?.commit ?? 0;
      for (let seqno = 1; seqno <= commit; seqno++) {
        const record = node.log[seqno - 1];
        check(
          record !== undefined && record === committed[seqno - 1],
          name,
          () => `${node.id} starts with commit ${commit}, but at ${seqno} it holds what nobody committed`,
        );
      }
      seenOf.set(node.id, commit);
    },
    step({ node, ready }) {
      if (ready.commit === undefined) return;
      for (let seqno = (seenOf.get(node.id) ?? 0) + 1; seqno <= ready.commit; seqno++) {
        const record = node.log[seqno - 1];
        check(record !== undefined, name, () => `${node.id} commits seqno ${seqno}, which it does not have`);
        const known = committed[seqno - 1];
        if (known === undefined) committed.push(record);
        else {
          check(
            known.view === record.view && known.digest === record.digest,
            name,
            () => `${node.id} commits ${formatTxId(record)} where ${formatTxId(known)} is committed`,
          );
        }
      }
      seenOf.set(node.id, ready.commit);
    },
  };
}
