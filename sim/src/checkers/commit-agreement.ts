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
      seenOf.set(node.id, 0);
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
