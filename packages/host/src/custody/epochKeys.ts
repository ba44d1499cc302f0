/**
 * The keys to which secrets of the ledger are sealed for this node (CONF-2, CONF-4): in memory alone, made anew with every
 * lease, and dropped when the secrets that they open should have been forgotten. What the ledger has for a node is worth
 * nothing to whoever takes its disk.
 */
import { eraseShareKey, generateShareKey, hpkeOpen, type ShareKey } from '@coco/crypto';
import { toHex } from '@coco/primitives';

export interface EpochKeys {
  /** The public key that others are to use from now on. */
  current(): Uint8Array;
  /** Makes another one, for a new lease; its public part. */
  renew(): Uint8Array;
  /** Whether something that is sealed to this key (hex) could be opened. */
  has(publicKey: string): boolean;
  /** What was sealed to one of the keys that are kept; undefined when it does not open. */
  open(sealed: Omit<Parameters<typeof hpkeOpen>[0], 'key'>): Uint8Array | undefined;
  /** Erases the keys that were followed by another one before `beforeMs`. */
  drop(beforeMs: number): void;
}

interface EpochKey {
  readonly key: ShareKey;
  readonly madeMs: number;
}

/** Renewals that are refused make keys as well; the oldest goes. */
const keysMax = 16;

/** `nowMs` is any clock that does not go back. */
export function createEpochKeys(nowMs: () => number): EpochKeys {
  /** The newest first. */
  let keys: readonly EpochKey[] = [];
  function keep(kept: readonly EpochKey[]): void {
    for (const one of keys) if (!kept.includes(one)) eraseShareKey(one.key);
    keys = kept;
  }
  function renew(): Uint8Array {
    const made = { key: generateShareKey(), madeMs: nowMs() };
    keep([made, ...keys].slice(0, keysMax));
    return made.key.publicKey;
  }
  renew();
  return {
    current: () => keys[0]?.key.publicKey ?? renew(),
    renew,
    has: (publicKey) => keys.some(({ key }) => toHex(key.publicKey) === publicKey),
    open(sealed) {
      for (const { key } of keys) {
        const opened = hpkeOpen({ key, ...sealed });
        if (opened !== undefined) return opened;
      }
      return undefined;
    },
    drop(beforeMs) {
      keep(keys.filter((_, index) => index === 0 || (keys[index - 1]?.madeMs ?? 0) >= beforeMs));
    },
  };
}
