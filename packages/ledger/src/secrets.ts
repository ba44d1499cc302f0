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
import type { LedgerSecret, OpenedEntry } from './types.js';

const commitLabel = utf8('Commit S');

/** The secrets of one ledger, ready for use. */
export interface Secrets {
  /** The key of the entry at `seqno`, or undefined when it is older than the first secret, or was not told. */
  keyAt(seqno: Seqno): Uint8Array | undefined;
  /** The text of the commit evidence of `id`. COCO_LEDGER_ENTRY_SECRET when there is no key for it. */
  commitEvidence(id: TxId): string;
}

/** Secrets to which more come while the ledger grows. */
export interface GrowingSecrets extends Secrets {
  /** All of them that are known, ascending by their first entry. */
  readonly all: readonly LedgerSecret[];
  /** The first entry of the last secret that an entry told, but not to this node. */
  readonly untoldFrom: Seqno | undefined;
  /** Takes over secrets that hold whatever becomes of the log. */
  add(secrets: readonly LedgerSecret[]): void;
  /** Takes over what an entry tells. */
  follow(entry: Pick<OpenedEntry, 'seqno' | 'secretRow' | 'secret'>): void;
  /** Those that hold whatever becomes of the log, ascending. */
  readonly settled: readonly LedgerSecret[];
  /** What entries up to `commit` told holds from now on whatever becomes of the log. */
  settle(commit: Seqno): void;
  /** Forgets what entries above `to` told. */
  rollback(to: Seqno): void;
  /**
   * Wipes the keys of those that seal nothing from `before` on and hold whatever becomes of the log (CONF-2). Commit evidence can
   * still be made for their entries, which can be opened again only when the secret is added once more.
   */
  forget(before: Seqno): void;
  /** The same as they would be after a rollback to `seqno`, to be followed by other entries. */
  ahead(seqno: Seqno): GrowingSecrets;
}

/** Prepares `secrets`, in any order, for look-ups by sequence number. */
export function createSecrets(secrets: readonly LedgerSecret[]): GrowingSecrets {
  return growing(secrets.reduce<readonly Epoch[]>((epochs, one) => withEpoch(epochs, known(one)), []));
}

/** A time during which one secret seals. Descending by their first entry. */
interface Epoch {
  readonly fromSeqno: Seqno;
  /** Undefined when an entry told a secret, but not to this node. Without `key`: it was forgotten. */
  readonly keys?: { readonly key?: Uint8Array; readonly commitSecret: Uint8Array };
  /** An entry began it, and it goes with that entry. */
  readonly isLearned: boolean;
}

function growing(begun: readonly Epoch[]): GrowingSecrets {
  let epochs = begun;
  const epochAt = (seqno: Seqno): Epoch | undefined => epochs.find(({ fromSeqno }) => fromSeqno <= seqno);
  return {
    keyAt: (seqno) => epochAt(seqno)?.keys?.key,
    commitEvidence(id) {
      const keys = epochAt(id.seqno)?.keys;
      if (keys === undefined) throw noSecret(id);
      const text = formatTxId(id);
      return `ce:${text}:${toHex(hmacSha256(keys.commitSecret, utf8(text)))}`;
    },
    get all() {
      return secretsOf(epochs);
    },
    get settled() {
      return secretsOf(epochs.filter(({ isLearned }) => !isLearned));
    },
    settle(commit) {
      // Commits are many, secrets are few.
      if (!epochs.some((one) => isSettling(one, commit))) return;
      epochs = epochs.map((one) => (isSettling(one, commit) ? { ...one, isLearned: false } : one));
    },
    get untoldFrom() {
      return epochs.find(({ keys }) => keys === undefined)?.fromSeqno;
    },
    add(more) {
      for (const secret of more) epochs = withEpoch(epochs, known(secret));
    },
    forget(before) {
      epochs = epochs.map((one, index) => (mayForget(one, epochs[index - 1], before) ? wiped(one) : one));
    },
    follow({ seqno, secretRow, secret }) {
      if (secretRow === undefined) return;
      const begins = { fromSeqno: seqno + 1, isLearned: true };
      epochs = withEpoch(epochs, secret === undefined ? begins : { ...known(secret), ...begins });
    },
    rollback(to) {
      epochs = epochsUpTo(epochs, to);
    },
    ahead: (seqno) => growing(epochsUpTo(epochs, seqno)),
  };
}

function withEpoch(epochs: readonly Epoch[], added: Epoch): readonly Epoch[] {
  // What holds whatever becomes of the log goes on holding, whatever an entry tells.
  const before = epochs.find(({ fromSeqno }) => fromSeqno === added.fromSeqno);
  if (before?.isLearned === false && (before.keys?.key !== undefined || added.isLearned)) return epochs;
  return [...epochs.filter((one) => one !== before), added].sort((a, b) => b.fromSeqno - a.fromSeqno);
}

function epochsUpTo(epochs: readonly Epoch[], seqno: Seqno): readonly Epoch[] {
  return epochs.filter(({ fromSeqno, isLearned }) => !isLearned || fromSeqno <= seqno + 1);
}

function secretsOf(epochs: readonly Epoch[]): readonly LedgerSecret[] {
  const all = epochs.flatMap(({ fromSeqno, keys }) => (keys?.key ? [{ fromSeqno, key: keys.key }] : []));
  return all.toReversed();
}

function isSettling({ fromSeqno, keys, isLearned }: Epoch, commit: Seqno): boolean {
  return isLearned && keys !== undefined && fromSeqno <= commit + 1;
}

/** Whether `one`, which ends where `next` begins, is over at `before`. */
function mayForget({ keys, isLearned }: Epoch, next: Epoch | undefined, before: Seqno): boolean {
  if (keys?.key === undefined || isLearned) return false;
  return next !== undefined && !next.isLearned && next.fromSeqno <= before;
}

function wiped({ keys, ...epoch }: Epoch): Epoch {
  keys?.key?.fill(0);
  return { ...epoch, ...(keys && { keys: { commitSecret: keys.commitSecret } }) };
}

function known({ fromSeqno, key }: LedgerSecret): Epoch {
  assert(key.length === 32, 'a ledger secret has 32 bytes');
  // A copy: it is wiped when it is forgotten.
  return {
    fromSeqno,
    isLearned: false,
    keys: { key: key.slice(), commitSecret: hmacSha256(key, commitLabel) },
  };
}

/** The failure that says that no secret for an entry was handed in. */
export function noSecret({ view, seqno }: TxId): CocoError {
  return new CocoError('COCO_LEDGER_ENTRY_SECRET', `there is no ledger secret for entry ${view}.${seqno}`, {
    view,
    seqno,
  });
}
