/**
 * The disk as the node's loop sees it: ledger and hard state behind one door, durable in the order that consensus
 * needs: a hard state before the entries that were noted after it. Entries of a view that the node does not remember
 * having entered could not be told from a forgotten vote. And what is known to be committed before a chunk is marked so.
 */
import type { HardState } from '@coco/consensus';
import type { Seqno } from '@coco/primitives';
import type { HardStateStore } from './hardStateStore.js';
import type { LedgerStore } from './ledgerStore.js';
import type { LoopDisk } from './nodeLoop.js';

export function createNodeDisk(ledger: LedgerStore, hardStates: HardStateStore): LoopDisk {
  let noted: HardState | undefined;
  let committed: Seqno = 0;
  return {
    note({ rollbackTo, hardState, entries }) {
      if (rollbackTo !== undefined) ledger.truncate(rollbackTo);
      ledger.append(entries);
      noted = hardState ?? noted;
    },
    async sync() {
      // Saving takes a while, in which another view may begin, and entries of it come.
      while (noted !== undefined) {
        const hardState = noted;
        noted = undefined;
        await hardStates.save(hardState);
      }
      if (ledger.wouldMark(committed)) await hardStates.saveCommitted(committed);
      ledger.commit(committed);
      await ledger.sync();
    },
    read: (from, to) => ledger.read(from, to),
    committed(seqno) {
      committed = seqno;
    },
  };
}
