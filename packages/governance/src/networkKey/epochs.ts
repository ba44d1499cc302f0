import type { SecretLabel } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import type { EpochRecord } from './types.js';

export function readEpochs(_reader: Reader): readonly EpochRecord[] {
  throw new Error('not yet');
}

export function readEpoch(_reader: Reader, _epoch: number): EpochRecord | undefined {
  throw new Error('not yet');
}

export function epochLabel(_record: Pick<EpochRecord, 'network' | 'epoch' | 'from' | 'digest'>): SecretLabel {
  throw new Error('not yet');
}

export function sealEpoch(_transaction: Transaction, _record: EpochRecord): void {
  throw new Error('not yet');
}
