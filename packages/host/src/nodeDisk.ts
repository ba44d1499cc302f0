/**
 * The disk as the node's loop sees it: ledger and hard state behind one door, durable in the order that consensus
 * needs. The hard state goes first: entries of a view that the node does not remember having entered would be worse
 * than the reverse.
 */
import type { HardState } from '@coco/consensus';
import type { HardStateStore } from './hardStateStore.js';
import type { LedgerStore } from './ledgerStore.js';
import type { LoopDisk } from './nodeLoop.js';

export function createNodeDisk(ledger: LedgerStore, hardStates: HardStateStore): LoopDisk {
  let noted: HardState | undefined;
  return {
    note({ rollbackTo, hardState, entries }) {
      if (rollbackTo !== undefined) ledger.truncate(rollbackTo);
      ledger.append(entries);
      noted = hardState ?? noted;
    },
    async sync() {
      const hardState = noted;
      noted = undefined;
      if (hardState !== undefined) await hardStates.save(hardState);
      await ledger.sync();
    },
    read: (from, to) => ledger.read(from, to),
    committed: (seqno) => ledger.commit(seqno),
  };
}
