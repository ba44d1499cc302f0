/**
 * Which key seals which entry. A ledger secret holds from its own sequence number until the next secret's; each
 * has a second key derived from it that makes the commit evidence of its entries:
 *
 *     commit_secret   = HMAC-SHA256(ledger_secret, "Commit S")
 *     commit_evidence = "ce:" view "." seqno ":" hex(HMAC-SHA256(commit_secret, "view.seqno"))
 *
 * The evidence's digest is in the entry, its text only in receipts: whoever can show the text has it from a node
 * that vouches for the commit.
 */
import { hmacSha256 } from '@coco/crypto';
import { assert, CocoError, formatTxId, type Seqno, type TxId, toHex, utf8 } from '@coco/primitives';
import type { LedgerSecret } from './types.js';

/** The secrets of one ledger, ready for use. */
export interface Secrets {
  /** The key of the entry at `seqno`, or undefined when it is older than the first secret. */
  keyAt(seqno: Seqno): Uint8Array | undefined;
  /** The text of the commit evidence of `id`. COCO_LEDGER_ENTRY_SECRET when there is no key for it. */
  commitEvidence(id: TxId): string;
}

const commitLabel = utf8('Commit S');

/** Secrets to which more come while the ledger grows. */
export interface GrowingSecrets extends Secrets {
  /** All of them, ascending by their first entry. */
  readonly all: readonly LedgerSecret[];
  /** Takes over secrets that hold whatever becomes of the log. */
  add(secrets: readonly LedgerSecret[]): void;
  /** Takes over the secret that the entry before its first told. */
  learn(secret: LedgerSecret): void;
  /** Forgets what entries above `to` told. */
  rollback(to: Seqno): void;
}

/** Prepares `secrets`, in any order, for look-ups by sequence number. */
export function createSecrets(secrets: readonly LedgerSecret[]): GrowingSecrets {
  let epochs: readonly Epoch[] = [];
  const put = (secret: LedgerSecret, isLearned: boolean): void => {
    // What holds whatever becomes of the log goes on holding when an entry tells the same.
    const known = epochs.find(({ fromSeqno }) => fromSeqno === secret.fromSeqno);
    if (isLearned && known?.isLearned === false) return;
    const others = epochs.filter((epoch) => epoch !== known);
    epochs = [...others, epochOf(secret, isLearned)].sort((a, b) => b.fromSeqno - a.fromSeqno);
  };
  for (const secret of secrets) put(secret, false);
  const epochAt = (seqno: Seqno): Epoch | undefined => epochs.find(({ fromSeqno }) => fromSeqno <= seqno);
  return {
    keyAt: (seqno) => epochAt(seqno)?.key,
    commitEvidence(id) {
      const epoch = epochAt(id.seqno);
      if (epoch === undefined) throw noSecret(id);
      const text = formatTxId(id);
      return `ce:${text}:${toHex(hmacSha256(epoch.commitSecret, utf8(text)))}`;
    },
    get all() {
      return epochs.map(({ fromSeqno, key }) => ({ fromSeqno, key })).toReversed();
    },
    add(more) {
      for (const secret of more) put(secret, false);
    },
    learn: (secret) => put(secret, true),
    rollback(to) {
      epochs = epochs.filter(({ fromSeqno, isLearned }) => !isLearned || fromSeqno <= to + 1);
    },
  };
}

interface Epoch extends LedgerSecret {
  readonly commitSecret: Uint8Array;
  /** An entry told it, and it goes with that entry. */
  readonly isLearned: boolean;
}

function epochOf({ fromSeqno, key }: LedgerSecret, isLearned: boolean): Epoch {
  assert(key.length === 32, 'a ledger secret has 32 bytes');
  return { fromSeqno, key, commitSecret: hmacSha256(key, commitLabel), isLearned };
}

/** The failure that says that no secret for an entry was handed in. */
export function noSecret({ view, seqno }: TxId): CocoError {
  return new CocoError('COCO_LEDGER_ENTRY_SECRET', `there is no ledger secret for entry ${view}.${seqno}`, {
    view,
    seqno,
  });
}
