/**
 * Nonces that were given out to be proved over: one to each connection, good once, for a minute, and on that connection alone.
 */
import { randomBytes } from '@coco/crypto';
import type { TlsConnection } from './sessionExporter.js';

export interface Challenges {
  /** A new nonce of 32 bytes; one that was given out before is worth nothing any more. */
  give(connection: TlsConnection): Uint8Array;
  /** What was given out, if it still counts; it does not from now on. */
  take(connection: TlsConnection): Uint8Array | undefined;
}

const validMs = 60_000;

/** `nowMs` is any clock that does not go back. */
export function createChallenges(nowMs: () => number): Challenges {
  const given = new WeakMap<TlsConnection, { readonly nonce: Uint8Array; readonly untilMs: number }>();
  return {
    give(connection) {
      const nonce = randomBytes(32);
      given.set(connection, { nonce, untilMs: nowMs() + validMs });
      return nonce;
    },
    take(connection) {
      const found = given.get(connection);
      given.delete(connection);
      return found !== undefined && nowMs() < found.untilMs ? found.nonce : undefined;
    },
  };
}
