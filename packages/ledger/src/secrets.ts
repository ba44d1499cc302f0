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
import {
  assert,
  CocoError,
  equalBytes,
  fixedCopy,
  formatTxId,
  type Seqno,
  type TxId,
  toHex,
  utf8,
} from '@coco/primitives';
import { readSecretRow, secretDigest } from './rekey.js';
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
  /** Takes over secrets that somebody has told. One counts where the entry is here that says that it is the one. */
  add(secrets: readonly LedgerSecret[]): void;
  /** Takes over what an entry tells: the secret is wiped where it is when it is forgotten, or goes with its entry. */
  follow(entry: Pick<OpenedEntry, 'seqno' | 'secretRow' | 'secret'>): void;
  /** What entries up to `commit` told holds from now on whatever becomes of the log. */
  settle(commit: Seqno): void;
  /** Wipes what entries above `to` told. */
  rollback(to: Seqno): void;
  /**
   * Wipes the keys of those that seal nothing from `before` on and hold whatever becomes of the log (CONF-2). Commit evidence can
   * still be made for their entries, which can be opened again only when the secret is added once more.
   */
  forget(before: Seqno): void;
  /** Wipes all keys, and what was derived from them. For whoever made these: `ahead` gives others that share the keys. */
  wipe(): void;
  /** The same as they would be after a rollback to `seqno`, to be followed by other entries. */
  ahead(seqno: Seqno): GrowingSecrets;
}

/**
 * Prepares `secrets`, in any order, for look-ups by sequence number. Those that begin after the entry `after` + 1 (default: none do)
 * only count once an entry tells them: whoever kept one cannot know whether its entry is still in the log.
 */
export function createSecrets(
  secrets: readonly LedgerSecret[],
  after: Seqno = Number.POSITIVE_INFINITY,
): GrowingSecrets {
  const spare = new Spare();
  const counted = secrets.filter(({ fromSeqno }) => fromSeqno <= after + 1);
  spare.add(secrets.filter((secret) => !counted.includes(secret)));
  return growing(counted.reduce<readonly Epoch[]>(withEpoch, []), spare, after);
}

/** The one of `secrets`, in any order, that seals the entry `seqno`, itself; undefined when it is not among them. */
export function secretAt(secrets: readonly LedgerSecret[], seqno: Seqno): Uint8Array | undefined {
  return secrets
    .filter(({ fromSeqno }) => fromSeqno <= seqno)
    .reduce<LedgerSecret | undefined>(
      (best, one) => (one.fromSeqno > (best?.fromSeqno ?? -1) ? one : best),
      undefined,
    )?.key;
}

/** What makes the commit evidence of the entries that `secret` seals: none of them can be opened with it. */
export function evidenceOnly(secret: LedgerSecret): Secrets {
  const { fromSeqno, key } = secret;
  const one: Epoch = { fromSeqno, isLearned: false, keys: keysOf(key) };
  return growing([wiped(one)], new Spare(), Number.POSITIVE_INFINITY);
}

/** A time during which one secret seals. Descending by their first entry. */
interface Epoch {
  readonly fromSeqno: Seqno;
  /** Which secret the entry that began it says; absent when none did here. */
  readonly digest?: string;
  /** Undefined when an entry told a secret, but not to this node. Without `key`: it was forgotten. */
  readonly keys?: { readonly key?: Uint8Array; readonly commitSecret: Uint8Array };
  /** An entry began it that is not committed, and it goes with that entry. */
  readonly isLearned: boolean;
}

/** Secrets that are known, while no entry that is here has told them. */
class Spare {
  readonly #keys = new Map<string, Uint8Array>();

  add(secrets: readonly LedgerSecret[]): void {
    for (const { key } of secrets) {
      if (this.#keys.size < spareMax) this.#keys.set(secretDigest(key), fixedCopy(key));
    }
  }

  /** A copy. */
  find(digest: string | undefined): Uint8Array | undefined {
    const key = digest === undefined ? undefined : this.#keys.get(digest);
    return key === undefined ? undefined : fixedCopy(key);
  }

  drop(digest: string): void {
    this.#keys.get(digest)?.fill(0);
    this.#keys.delete(digest);
  }
}

/** More than a node is ever told before it has their entries. */
const spareMax = 20_000;

function growing(begun: readonly Epoch[], spare: Spare, after: Seqno): GrowingSecrets {
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
    settle(commit) {
      // Commits are many, secrets are few.
      if (!epochs.some((one) => isSettling(one, commit))) return;
      for (const { digest } of epochs.filter((one) => isSettling(one, commit))) {
        if (digest !== undefined) spare.drop(digest);
      }
      epochs = epochs.map((one) => (isSettling(one, commit) ? { ...one, isLearned: false } : one));
    },
    get untoldFrom() {
      return epochs.find(({ keys }) => keys === undefined)?.fromSeqno;
    },
    add(more) {
      for (const secret of more) {
        const before = epochs.find(({ fromSeqno }) => fromSeqno === secret.fromSeqno);
        if (before !== undefined) {
          if (isOf(before, secret.key)) epochs = told(epochs, before, secret.key);
        } else if (secret.fromSeqno <= after + 1) epochs = withEpoch(epochs, secret);
        else spare.add([secret]);
      }
    },
    forget(before) {
      epochs = epochs.map((one, index) => (mayForget(one, epochs[index - 1], before) ? wiped(one) : one));
    },
    wipe() {
      for (const { keys } of epochs) {
        keys?.key?.fill(0);
        keys?.commitSecret.fill(0);
      }
      epochs = [];
    },
    follow({ seqno, secretRow, secret }) {
      if (secretRow === undefined) return;
      const digest = readSecretRow(secretRow)?.digest;
      const key = secret?.key ?? spare.find(digest);
      const begins = { fromSeqno: seqno + 1, isLearned: true, ...(digest !== undefined && { digest }) };
      const others = epochs.filter(({ fromSeqno }) => fromSeqno !== begins.fromSeqno);
      epochs = sorted([...others, key === undefined ? begins : { ...begins, keys: keysWith(key) }]);
    },
    rollback(to) {
      const left = epochsUpTo(epochs, to);
      for (const one of epochs) if (!left.includes(one)) wiped(one);
      epochs = left;
    },
    ahead: (seqno) => growing(epochsUpTo(epochs, seqno), spare, after),
  };
}

function withEpoch(epochs: readonly Epoch[], { fromSeqno, key }: LedgerSecret): readonly Epoch[] {
  if (epochs.some((one) => one.fromSeqno === fromSeqno)) return epochs;
  return sorted([...epochs, { fromSeqno, isLearned: false, keys: keysOf(key) }]);
}

function sorted(epochs: readonly Epoch[]): readonly Epoch[] {
  return epochs.toSorted((a, b) => b.fromSeqno - a.fromSeqno);
}

/** Whether the key of `epoch` is not here, and `key` is it. */
function isOf({ digest, keys }: Epoch, key: Uint8Array): boolean {
  assert(key.length === 32, 'a ledger secret has 32 bytes');
  if (keys?.key !== undefined) return false;
  if (digest !== undefined) return secretDigest(key) === digest;
  return keys !== undefined && equalBytes(hmacSha256(key, commitLabel), keys.commitSecret);
}

function told(epochs: readonly Epoch[], epoch: Epoch, key: Uint8Array): readonly Epoch[] {
  return epochs.map((one) => (one === epoch ? { ...one, keys: keysOf(key) } : one));
}

function epochsUpTo(epochs: readonly Epoch[], seqno: Seqno): readonly Epoch[] {
  return epochs.filter(({ fromSeqno, isLearned }) => !isLearned || fromSeqno <= seqno + 1);
}

function secretsOf(epochs: readonly Epoch[]): readonly LedgerSecret[] {
  const all = epochs.flatMap(({ fromSeqno, keys }) => (keys?.key ? [{ fromSeqno, key: keys.key }] : []));
  return all.toReversed();
}

function isSettling({ fromSeqno, isLearned }: Epoch, commit: Seqno): boolean {
  return isLearned && fromSeqno <= commit + 1;
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

/** `key` is copied: the copy is wiped when it is forgotten. */
function keysOf(key: Uint8Array): NonNullable<Epoch['keys']> {
  return keysWith(fixedCopy(key));
}

/** `key` is theirs from now on. */
function keysWith(key: Uint8Array): NonNullable<Epoch['keys']> {
  assert(key.length === 32, 'a ledger secret has 32 bytes');
  return { key, commitSecret: hmacSha256(key, commitLabel) };
}

/** The failure that says that no secret for an entry was handed in. */
export function noSecret({ view, seqno }: TxId): CocoError {
  return new CocoError('COCO_LEDGER_ENTRY_SECRET', `there is no ledger secret for entry ${view}.${seqno}`, {
    view,
    seqno,
  });
}
