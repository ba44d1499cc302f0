/**
 * Randomness for batches (P4) and for samples (MIT-3), from what came with the clock. Each batch has bytes of its own: who learns those of one,
 * as a contract does, learns nothing of the next.
 */
import { hkdfSha256 } from '@coco/crypto';
import { utf8 } from '@coco/primitives';

const seedBytesMin = 32;

export interface EntropySource {
  /** False until the first clock message has come. */
  readonly isReady: boolean;
  /** Takes the place of what came before. Fewer than 32 bytes are not used. */
  renew(seed: Uint8Array): void;
  /** 32 bytes that were never handed out before. */
  next(): Uint8Array;
}

export function createEntropySource(): EntropySource {
  let ikm = new Uint8Array(0);
  let count = 0;
  return {
    get isReady() {
      return ikm.length > 0;
    },
    renew(seed) {
      if (seed.length >= seedBytesMin) ikm = new Uint8Array(seed);
    },
    next() {
      count++;
      // The number makes the outputs of one seed independent of each other (RFC 5869, section 3.2).
      const info = utf8(`coco worker batch ${count}`);
      return hkdfSha256({ ikm, salt: new Uint8Array(0), info, length: 32 });
    },
  };
}
