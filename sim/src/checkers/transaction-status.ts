/**
 * TX-4: Committed and Invalid are final, no two nodes ever disagree on them, and they are true: Committed exactly of
 * what is committed, Invalid only of what never will be.
 */
import { formatTxId, type TxId } from '@coco/primitives';
import type { LogRecord } from '../world/record.js';
import { type Checker, check } from './checker.js';

const name = 'transaction-status';

export function transactionStatus(): Checker {
  const committed: LogRecord[] = [];
  const finals = new Map<number, 'Committed' | 'Invalid'>();
  const finalsOf = new Map<string, Map<number, string>>();
  const keyOf = (id: TxId): number => id.view * 2 ** 26 + id.seqno;
  return {
    name,
    started(node) {
      finalsOf.set(node.id, new Map());
    },
    step({ node, ready }) {
      if (ready.commit === undefined) return;
      for (let seqno = committed.length + 1; seqno <= ready.commit; seqno++) {
        const record = node.log[seqno - 1];
        if (record === undefined) return;
        committed.push(record);
        const told = finals.get(keyOf(record));
        check(told !== 'Invalid', name, () => `${formatTxId(record)} is committed, but was called Invalid`);
      }
    },
    answered(node, id, status) {
      const key = keyOf(id);
      const own = finalsOf.get(node.id);
      const before = own?.get(key);
      check(
        before === undefined || before === status,
        name,
        () => `${node.id} called ${formatTxId(id)} ${before}, now ${status}`,
      );
      if (status !== 'Committed' && status !== 'Invalid') return;
      own?.set(key, status);
      const told = finals.get(key) ?? status;
      finals.set(key, told);
      check(
        told === status,
        name,
        () => `${node.id} calls ${formatTxId(id)} ${status}, another node ${told}`,
      );
      const isCommitted = committed[id.seqno - 1]?.view === id.view;
      check(
        isCommitted === (status === 'Committed'),
        name,
        () => `${node.id} calls ${formatTxId(id)} ${status}, which is ${isCommitted ? '' : 'not '}committed`,
      );
    },
  };
}
