/**
 * Digests of private data that can stand in public: whoever has not the secret of their entry learns nothing from them, also where
 * the data can be guessed; whoever has it makes the same.
 *
 *     key    = HMAC-SHA256(ledger_secret, "Coco digest S")
 *     digest = HMAC-SHA256(key, data)
 */
import { hmacSha256 } from '@coco/crypto';
import { type Seqno, utf8 } from '@coco/primitives';
import { secretAt } from './secrets.js';
import type { LedgerSecret } from './types.js';

const label = utf8('Coco digest S');

/** 32 bytes for `parts` in a row, by the secret of the entry `seqno`; undefined when that is not among `secrets`. */
export function keyedDigest(
  secrets: readonly LedgerSecret[],
  seqno: Seqno,
  ...parts: readonly Uint8Array[]
): Uint8Array | undefined {
  const secret = secretAt(secrets, seqno);
  if (secret === undefined) return undefined;
  const key = hmacSha256(secret, label);
  const digest = hmacSha256(key, ...parts);
  key.fill(0);
  return digest;
}
