/**
 * What the ledger on this disk says in public, read without any secret (CONF-4): a node that starts must know whom to ask for
 * the secrets of its own ledger, and whom it may answer, before it can read what is private. Signatures are checked as always, and
 * what follows the last one does not count.
 */
import type { Certificate } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { createLedger, openPublicSnapshot } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { createRecovery, restoreSnapshot } from '@coco/replica';
import type { LedgerStore } from '../ledgerStore.js';
import { chooseStartSnapshot, type StartSnapshotOptions } from '../startSnapshot.js';

export interface PublicState {
  /** The governance tables as the last signature has them. */
  readonly tables: Reader;
  /** Entries up to this one come with a snapshot; 0 when there is none. */
  readonly after: Seqno;
  /** The last signed entry. */
  readonly last: Seqno;
}

export interface PublicStateOptions extends Omit<StartSnapshotOptions<unknown>, 'open'> {
  readonly store: LedgerStore;
  readonly serviceCertificate: Certificate;
}

/** Undefined when there is neither a ledger nor a snapshot yet. COCO_LEDGER_* where an entry or a signature does not hold. */
export function readPublicState(options: PublicStateOptions): PublicState | undefined {
  const { store, serviceCertificate, formerServices } = options;
  const snapshot = chooseStartSnapshot({ ...options, open: openPublicSnapshot });
  if (snapshot === undefined && store.last < store.first) return undefined;
  const base = snapshot?.base;
  const ledger = createLedger({
    serviceCertificate,
    ...(formerServices !== undefined && { formerServices }),
    secrets: [],
    ...(base !== undefined && { base }),
  });
  const none = { privateTables: new Uint8Array(0) };
  const restored = snapshot && restoreSnapshot({ ...snapshot, ...none }).governanceStore;
  const recovery = createRecovery(ledger, restored, (bytes) => ledger.openPublic(bytes));
  const after = base?.seqno ?? 0;
  for (const bytes of store.last > after ? store.entries(after + 1) : []) recovery.load(bytes);
  const { governanceStore, last } = recovery.finish();
  return { tables: governanceStore.read(governanceStore.head), after, last };
}
