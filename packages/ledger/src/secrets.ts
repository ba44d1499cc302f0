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

/** Prepares `secrets`, in any order, for look-ups by sequence number. */
export function createSecrets(secrets: readonly LedgerSecret[]): Secrets {
  const epochs = secrets
    .map(({ fromSeqno, key }) => {
      assert(key.length === 32, 'a ledger secret has 32 bytes');
      return { fromSeqno, key, commitSecret: hmacSha256(key, commitLabel) };
    })
    .toSorted((a, b) => b.fromSeqno - a.fromSeqno);
  return {
    keyAt: (seqno) => epochs.find(({ fromSeqno }) => fromSeqno <= seqno)?.key,
    commitEvidence(id) {
      const epoch = epochs.find(({ fromSeqno }) => fromSeqno <= id.seqno);
      if (epoch === undefined) throw noSecret(id);
      const text = formatTxId(id);
      return `ce:${text}:${toHex(hmacSha256(epoch.commitSecret, utf8(text)))}`;
    },
  };
}

/** The failure that says that no secret for an entry was handed in. */
export function noSecret({ view, seqno }: TxId): CocoError {
  return new CocoError('COCO_LEDGER_ENTRY_SECRET', `there is no ledger secret for entry ${view}.${seqno}`, {
    view,
    seqno,
  });
}
