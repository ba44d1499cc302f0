/**
 * The lasting copy of an epoch's secret: encrypted to the network's key (TDH2). What entropy that takes is derived from the secret
 * and the label, as in Encrypt-with-Hash (Bellare, Boldyreva and O'Neill, CRYPTO 2007), which is safe for messages that nobody can
 * guess, and these are 32 random bytes. So there is one ciphertext for each secret, and every node that knows the secret can see
 * whether the ledger has it: a primary that sealed something else would take everybody's data along (CONF-4).
 *
 *     key    = HMAC-SHA256(secret, "Coco epoch ciphertext" ‖ SHA-256(public key ‖ network ‖ epoch (u32) ‖ associated data))
 *     stream = HMAC-SHA256(key, 0 (u32)) ‖ HMAC-SHA256(key, 1) ‖ …
 */
import { encodeThresholdCiphertext, hmacSha256, sha256, thresholdEncrypt } from '@coco/crypto';
import { secretDigest } from '@coco/ledger';
import { ByteWriter, equalBytes, utf8 } from '@coco/primitives';
import { epochLabel } from './epochs.js';
import type { EpochRecord, NetworkKey } from './types.js';

/** Which epoch, in which network. */
export type EpochPlace = Pick<EpochRecord, 'epoch' | 'from' | 'network'>;

/** What the row of the epoch says of its secret (32 bytes). */
export function sealSecret(
  secret: Uint8Array,
  { key }: Pick<NetworkKey, 'key'>,
  place: EpochPlace,
): Required<Pick<EpochRecord, 'digest' | 'sealed'>> {
  const digest = secretDigest(secret);
  const label = epochLabel({ ...place, digest });
  const { publicKey } = key;
  const about = new ByteWriter().raw(publicKey).raw(label.network).u32(label.epoch).raw(label.associatedData);
  const seed = hmacSha256(secret, new ByteWriter().raw(purpose).raw(sha256(about.finish())).finish());
  const random = streamOf(seed);
  const sealed = encodeThresholdCiphertext(thresholdEncrypt({ publicKey, label, secret, random }));
  seed.fill(0);
  return { digest, sealed };
}

/** Whether the row of an epoch has this secret, so that M of the actors can bring it back. */
export function isSealed(record: EpochRecord, secret: Uint8Array, key: Pick<NetworkKey, 'key'>): boolean {
  if (record.sealed === undefined) return false;
  const { digest, sealed } = sealSecret(secret, key, record);
  return digest === record.digest && equalBytes(sealed, record.sealed);
}

const purpose = utf8('Coco epoch ciphertext');

function streamOf(key: Uint8Array): (length: number) => Uint8Array {
  let block = 0;
  let left: Uint8Array = new Uint8Array(0);
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      if (left.length === 0) left = hmacSha256(key, new ByteWriter().u32(block++).finish());
      const taken = left.subarray(0, length - at);
      bytes.set(taken, at);
      at += taken.length;
      left = left.subarray(taken.length);
    }
    return bytes;
  };
}
