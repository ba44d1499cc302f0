/**
 * The one place where history asks for ledger secrets: a node need not know those of all epochs at all times. A receipt of an
 * entry that this node has never read, since it began after a snapshot, takes what is derived from the secret of that epoch: it is
 * brought back by the actors' nodes (CONF-3), and forgotten again. What makes commit evidence stays, and opens nothing.
 */
import type { EpochRecord } from '@coco/governance';
import { evidenceOnly, type LedgerSecret, noSecret, type Secrets } from '@coco/ledger';
import { CocoError, type TxId } from '@coco/primitives';

/**
 * What makes the commit evidence of the entry `id`, which is committed; however long that takes. COCO_LEDGER_ENTRY_SECRET when it
 * cannot be had, COCO_SECRETS_UNREACHABLE when too few answer, COCO_HOST_HISTORY_BUSY when too much is asked for.
 */
export type EntrySecrets = (id: TxId) => Promise<Secrets>;

export interface BroughtBackOptions {
  /** Of the ledger, ascending. */
  readonly epochs: () => readonly EpochRecord[];
  /** As `NodeCustody` does. */
  readonly gather: (records: readonly EpochRecord[]) => Promise<readonly LedgerSecret[]>;
  /** Any clock that does not go back. */
  readonly nowMs: () => number;
}

/** Epochs that are asked for at the same time, or could not be had just now. */
const askedMax = 16;
/** After so long it is tried again. */
const failurePauseMs = 3000;

interface Asked {
  readonly done: Promise<Secrets>;
  failedMs?: number;
}

/** Each epoch is brought back once, one after the other. */
export function broughtBack({ epochs, gather, nowMs }: BroughtBackOptions): EntrySecrets {
  const had = new Map<number, Secrets>();
  const asked = new Map<number, Asked>();
  let tail: Promise<unknown> = Promise.resolve();

  async function bringBack(record: EpochRecord, id: TxId): Promise<Secrets> {
    const [secret] = await gather([record]);
    if (secret === undefined) throw noSecret(id);
    const evidence = evidenceOnly(secret);
    secret.key.fill(0);
    had.set(record.epoch, evidence);
    return evidence;
  }

  function ask(record: EpochRecord, id: TxId): Promise<Secrets> {
    const longAgo = nowMs() - failurePauseMs;
    for (const [epoch, { failedMs }] of asked) {
      if (failedMs !== undefined && failedMs < longAgo) asked.delete(epoch);
    }
    const before = asked.get(record.epoch);
    if (before !== undefined) return before.done;
    if (asked.size >= askedMax) return Promise.reject(busy());
    const one: Asked = { done: tail.then(() => bringBack(record, id)) };
    asked.set(record.epoch, one);
    tail = one.done.then(
      () => asked.delete(record.epoch),
      () => {
        one.failedMs = nowMs();
      },
    );
    return one.done;
  }

  return async (id) => {
    const record = epochs().findLast(({ from }) => from <= id.seqno);
    if (record?.sealed === undefined) throw noSecret(id);
    return had.get(record.epoch) ?? ask(record, id);
  };
}

function busy(): CocoError {
  const sentence = 'this node is getting secrets of too many epochs at the moment; ask again';
  return new CocoError('COCO_HOST_HISTORY_BUSY', sentence);
}
