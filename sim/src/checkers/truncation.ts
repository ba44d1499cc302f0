/**
 * Local: nothing committed is ever removed, and a signed entry is removed only for a real conflict: the message's
 * range holds an entry of another view at that very place (Raft 5.3).
 */
import { formatTxId, type Seqno } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import { type Checker, check } from './checker.js';

const name = 'truncation';

export function truncation(): Checker {
  return {
    name,
    step({ node, event, ready, before, removed }) {
      const to = ready.rollbackTo;
      if (to === undefined) return;
      check(
        to >= before.commit,
        name,
        () => `${node.id} truncates to ${to}, below its commit ${before.commit}`,
      );
      const signed = removed.find((record) => record.signature);
      if (signed === undefined) return;
      const first = removed[0] as LogRecord;
      const range =
        event.type === 'receive' && event.message.type === 'appendEntries' ? event.message : undefined;
      const rival = range?.entries?.[rivalIndex(range.previous.seqno, first.seqno)];
      check(
        rival !== undefined && rival.view !== first.view,
        name,
        () =>
          `${node.id} truncates ${formatTxId(first)} and signature ${formatTxId(signed)} without a conflict there`,
      );
    },
  };
}

function rivalIndex(previous: Seqno, seqno: Seqno): number {
  return seqno - previous - 1;
}
