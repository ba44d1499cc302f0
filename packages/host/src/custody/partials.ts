/**
 * Partial decryptions of epochs' secrets by this node's share of the network's key (CONF-3). The ciphertexts are handed in: the
 * rows of a ledger's tail differ from node to node until they are committed, and who may ask at all may have every epoch. That
 * makes no oracle of it: a ciphertext counts for this network, an epoch and a digest alone, which its proof binds (TDH2's label).
 */
import {
  decodeThresholdCiphertext,
  type KeyShare,
  type PartialDecryption,
  partialDecrypt,
  randomBytes,
  type ThresholdKey,
} from '@coco/crypto';
import { type EpochRecord, epochLabel } from '@coco/governance';
import { CocoError } from '@coco/primitives';

/** What the asking node's ledger says of an epoch. */
export type SealedEpoch = Required<Pick<EpochRecord, 'epoch' | 'from' | 'digest' | 'sealed'>>;

/** A share of the network's key, with what is public of it. */
export interface HeldShare {
  readonly key: ThresholdKey;
  /** What this key's ciphertexts are labelled with, from this node's own ledger: hex. */
  readonly network: string;
  readonly share: KeyShare;
}

/** One after the other, so that a node that serves many requests goes on doing so. Epochs that do not decrypt are left out. */
export async function partialsOf(
  held: HeldShare,
  epochs: readonly SealedEpoch[],
): Promise<ReadonlyMap<number, PartialDecryption>> {
  const partials = new Map<number, PartialDecryption>();
  for (const epoch of epochs) {
    const partial = partialOf(held, epoch);
    if (partial !== undefined) partials.set(epoch.epoch, partial);
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return partials;
}

function partialOf({ network, share }: HeldShare, asked: SealedEpoch): PartialDecryption | undefined {
  try {
    const ciphertext = decodeThresholdCiphertext(asked.sealed);
    const label = epochLabel({ ...asked, network });
    return partialDecrypt({ share, label, ciphertext, random: randomBytes });
  } catch (error) {
    // What cannot be read is nobody's secret.
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
