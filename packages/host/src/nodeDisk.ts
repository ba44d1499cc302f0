/**
 * The disk as the node's loop sees it: ledger and hard state behind one call, durable in the order that consensus
 * needs. The hard state goes first: entries of a view that the node does not remember having entered would be worse
 * than the reverse.
 */
import type { HardStateStore } from './hardStateStore.js';
import type { LedgerStore } from './ledgerStore.js';
import type { LoopDisk } from './nodeLoop.js';

export function createNodeDisk(ledger: LedgerStore, hardStates: HardStateStore): LoopDisk {
  return {
    async write(changes) {
      for (const { rollbackTo, entries } of changes) {
        if (rollbackTo !== undefined) ledger.truncate(rollbackTo);
        ledger.append(entries);
      }
      const hardState = changes.findLast((change) => change.hardState !== undefined)?.hardState;
      if (hardState !== undefined) await hardStates.save(hardState);
      await ledger.sync();
    },
    async read(from, to) {
      const last = Math.min(to, ledger.last);
      return from <= last ? ledger.read(from, last) : [];
    },
    committed: (seqno) => ledger.commit(seqno),
  };
}
