/**
 * The one place where history asks for ledger secrets: a node need not know those of all epochs at all times. A receipt needs the
 * secret of its entry's epoch where not even the commit evidence can be made, and whoever opens private tables needs it too.
 */
import type { Ledger } from '@coco/ledger';
import type { TxId } from '@coco/primitives';

/**
 * Makes sure that the ledger knows the secret of the entry `id`, which is committed: resolves when it does, however long that
 * takes. COCO_LEDGER_ENTRY_SECRET when it cannot be had.
 */
export type EntrySecrets = (id: TxId) => Promise<void>;

/** With the secrets that the ledger knows by itself, and those that `bringBack` can have it know. */
export function entrySecrets(
  ledger: Pick<Ledger, 'last' | 'secretsAfter'>,
  bringBack: EntrySecrets,
): EntrySecrets {
  return async (id) => {
    if (ledger.secretsAfter(ledger.last.seqno).keyAt(id.seqno) === undefined) await bringBack(id);
  };
}
