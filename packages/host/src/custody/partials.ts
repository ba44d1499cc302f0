/**
 * Partial decryptions of epochs' secrets by this node's share of the network's key (CONF-3). A ciphertext is what the ledger has
 * for the epoch, never what somebody hands in.
 */
import {
  decodeThresholdCiphertext,
  type KeyShare,
  type PartialDecryption,
  partialDecrypt,
  randomBytes,
} from '@coco/crypto';
import { type EpochRecord, epochLabel } from '@coco/governance';
import { CocoError } from '@coco/primitives';

/** One after the other, so that a node that serves many requests goes on doing so. Epochs that do not decrypt are left out. */
export async function partialsOf(
  share: KeyShare,
  records: readonly EpochRecord[],
): Promise<ReadonlyMap<number, PartialDecryption>> {
  const partials = new Map<number, PartialDecryption>();
  for (const record of records) {
    const partial = partialOf(share, record);
    if (partial !== undefined) partials.set(record.epoch, partial);
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return partials;
}

function partialOf(share: KeyShare, record: EpochRecord): PartialDecryption | undefined {
  if (record.sealed === undefined) return undefined;
  try {
    const ciphertext = decodeThresholdCiphertext(record.sealed);
    return partialDecrypt({ share, label: epochLabel(record), ciphertext, random: randomBytes });
  } catch (error) {
    // A row that cannot be read is nobody's secret.
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
