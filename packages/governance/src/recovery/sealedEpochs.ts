/**
 * The epochs of a ledger as whoever decrypts their secrets needs them (CONF-4).
 */
import { decodeThresholdCiphertext, type PartialOf, type ThresholdKey } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, type Seqno } from '@coco/primitives';
import { currentEpoch } from '../ledgerSecret.js';
import { epochLabel, readEpochs } from '../networkKey/epochs.js';

/** An epoch whose secret is sealed to `key`. */
export interface SealedEpoch extends PartialOf {
  readonly epoch: number;
  /** The first entry that is sealed under its secret. */
  readonly from: Seqno;
  /** `secretDigest` of ledger: hex. */
  readonly digest: string;
}

/**
 * All of them, ascending. COCO_RECOVERY_UNSEALED when the secret of one is sealed to nobody, or so that it cannot be read: then what
 * was private in that epoch is lost with the nodes.
 */
export function sealedEpochs(reader: Reader, key: ThresholdKey): readonly SealedEpoch[] {
  const found = new Map(
    readEpochs(reader).flatMap(({ sealed, ...record }) => {
      const ciphertext = sealed === undefined ? undefined : ciphertextOf(sealed);
      if (ciphertext === undefined) return [];
      const { epoch, from, digest } = record;
      return [[epoch, { epoch, from, digest, key, label: epochLabel(record), ciphertext }] as const];
    }),
  );
  const wanted = Array.from({ length: currentEpoch(reader) }, (_, index) => index + 1);
  const unsealed = wanted.filter((epoch) => !found.has(epoch));
  if (unsealed.length > 0) {
    const some = unsealed.slice(0, 5).join(', ');
    const sentence = `the ledger has the secrets of these epochs sealed to nobody: ${some}${unsealed.length > 5 ? ', …' : ''}`;
    throw new CocoError('COCO_RECOVERY_UNSEALED', sentence, { epochs: unsealed.length });
  }
  return wanted.map((epoch) => found.get(epoch) as SealedEpoch);
}

function ciphertextOf(sealed: Uint8Array): SealedEpoch['ciphertext'] | undefined {
  try {
    return decodeThresholdCiphertext(sealed);
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
