/**
 * When the primary signs: at once while nothing is being made durable, else with the next batch that will be, so that one
 * signature and one fdatasync hold for everything that gathered meanwhile (TX-2).
 */
import type { Seqno } from '@coco/primitives';

export interface Signing {
  /** Something was appended that wants a signature. */
  want(): void;
  /** The next signature ends its chunk. */
  wantChunkEnd(): void;
  /** Whether a signature is wanted and may be made now. */
  readonly isDue: boolean;
  /** A signature is being made; says whether it ends its chunk. */
  take(): { readonly endChunk: boolean };
  /** The log has a signature at `seqno`, of this node's making or not. */
  signed(seqno: Seqno): void;
  persisted(upTo: Seqno): void;
  rollback(to: Seqno): void;
}

/** Begins with a log that ends at `last`, signed and durable. */
export function createSigning(last: Seqno): Signing {
  let wanted = false;
  let chunkEnd = false;
  let lastSignature = last;
  let persisted = last;
  return {
    want() {
      wanted = true;
    },
    wantChunkEnd() {
      chunkEnd = true;
    },
    get isDue() {
      return wanted && persisted >= lastSignature;
    },
    take() {
      const endChunk = chunkEnd;
      wanted = false;
      chunkEnd = false;
      return { endChunk };
    },
    signed(seqno) {
      lastSignature = seqno;
    },
    persisted(upTo) {
      persisted = upTo;
    },
    rollback(to) {
      persisted = Math.min(persisted, to);
      lastSignature = Math.min(lastSignature, to);
      wanted = false;
    },
  };
}
