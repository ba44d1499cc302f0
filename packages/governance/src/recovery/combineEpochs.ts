/**
 * From the answers of M actors to the secrets of all epochs (CONF-4). The private key is never put together; each secret is known by
 * its digest to be the right one.
 */
import { combinePartials, type PartialDecryption } from '@coco/crypto';
import { type LedgerSecret, secretDigest } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import type { EpochProgress, RecoveryAnswer } from './answer.js';
import type { SealedEpoch } from './sealedEpochs.js';

/** COCO_RECOVERY_TOO_FEW, COCO_RECOVERY_WRONG. */
export function combineEpochs(
  epochs: readonly SealedEpoch[],
  answers: readonly RecoveryAnswer[],
  onProgress?: EpochProgress,
): readonly LedgerSecret[] {
  return epochs.map((of, index) => {
    const partials = answers.flatMap(({ partials: given }): readonly PartialDecryption[] => {
      const partial = given.get(of.epoch);
      return partial === undefined ? [] : [partial];
    });
    const combined = combinePartials(of, partials);
    if (combined.kind === 'too few') throw tooFew(of.key.threshold - combined.missing, of.key.threshold);
    if (combined.kind !== 'opened' || secretDigest(combined.secret) !== of.digest) {
      const sentence = `the ledger has something else sealed for epoch ${of.epoch} than its secret`;
      throw new CocoError('COCO_RECOVERY_WRONG', sentence, { epoch: of.epoch });
    }
    onProgress?.(index + 1, epochs.length);
    return { fromSeqno: of.from, key: combined.secret };
  });
}

/** COCO_RECOVERY_TOO_FEW: `good` of the answers that it takes are there. */
export function tooFew(good: number, threshold: number): CocoError {
  const missing = threshold - good;
  const sentence = `${good} of the ${threshold} answers that it takes are there: ${missing} more ${missing === 1 ? 'is' : 'are'} missing, and until then nothing can be recovered`;
  return new CocoError('COCO_RECOVERY_TOO_FEW', sentence, { good, threshold, missing });
}
