/**
 * True randomness that came with the clock, handed out in pieces of 32 bytes, none of them twice (P4).
 */

const pieceBytes = 32;
/** What is kept for batches to come; when more arrives the oldest goes. */
const piecesMax = 1024;

export interface EntropyPool {
  /** How many batches can have theirs. */
  readonly pieces: number;
  /** Bytes beyond the last multiple of 32 are not used. */
  add(bytes: Uint8Array): void;
  /** The newest 32 bytes, or undefined when there are none. */
  take(): Uint8Array | undefined;
}

export function createEntropyPool(): EntropyPool {
  let pieces: Uint8Array[] = [];
  return {
    get pieces() {
      return pieces.length;
    },
    add(bytes) {
      for (let at = 0; at + pieceBytes <= bytes.length; at += pieceBytes) {
        pieces.push(bytes.slice(at, at + pieceBytes));
      }
      if (pieces.length > piecesMax) pieces = pieces.slice(-piecesMax);
    },
    take: () => pieces.pop(),
  };
}
