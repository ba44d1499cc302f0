/**
 * Ledger and hard state, held against each other when a node starts. The names of the ledger's files say what is committed,
 * and whoever has the disk can change them; the hard state is sealed, and says what the node knew when it gave those names. What
 * only names claim is not believed: this node would answer for it, and never give it up.
 */
import { CocoError } from '@coco/primitives';
import type { HardStateStore } from './hardStateStore.js';
import type { LedgerStore } from './ledgerStore.js';
import type { Log } from './log.js';

/**
 * Logs with COCO_HOST_DISK_TURNED_BACK what does not fit, and takes marks away that nothing stands behind. The node goes on
 * from what is there: it is in doubt anyhow, and the others know better.
 */
export async function checkDiskClaims(
  store: LedgerStore,
  { committed }: Pick<HardStateStore, 'committed'>,
  log: Pick<Log, 'error'>,
): Promise<void> {
  const { last, committedOnDisk } = store;
  if (committed > last) {
    say(
      log,
      `the ledger of this node was turned back: it ends at ${last}, and was committed up to ${committed}`,
      {
        last,
        committed,
      },
    );
  }
  if (committedOnDisk > committed) {
    say(
      log,
      `files are named committed up to ${committedOnDisk}, of which this node knew up to ${committed}`,
      {
        committedOnDisk,
        committed,
      },
    );
    await store.unmarkAbove(committed);
  }
}

function say(log: Pick<Log, 'error'>, sentence: string, facts: Readonly<Record<string, number>>): void {
  const { message, code } = new CocoError('COCO_HOST_DISK_TURNED_BACK', sentence, facts);
  log.error(message, { code, ...facts });
}
