/**
 * Local: in a log, views never decrease, and they change only after a signature (CCF: the unsigned suffix is dropped
 * at every election).
 */
import { formatTxId } from '@coco/primitives';
import { type Checker, check } from './checker.js';

const name = 'view-change';

export function viewChange(): Checker {
  return {
    name,
    step({ node, appended }) {
      for (const record of appended) {
        const below = node.log[record.seqno - 2];
        if (below === undefined) continue;
        check(
          record.view >= below.view,
          name,
          () => `${node.id} puts ${formatTxId(record)} on ${formatTxId(below)}`,
        );
        check(
          record.view === below.view || below.signature,
          name,
          () => `${node.id} puts ${formatTxId(record)} on ${formatTxId(below)}, which is no signature`,
        );
      }
    },
  };
}
