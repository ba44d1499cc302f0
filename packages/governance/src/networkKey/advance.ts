import type { Reader, Transaction } from '@coco/kv';

/** Whether `advanceCeremony` has something to do. Cheap when it has not. */
export function isCeremonyDue(_reader: Reader, _nowMs: number): boolean {
  throw new Error('not yet');
}

export interface AdvanceInput {
  readonly nowMs: number;
  readonly newId: () => Uint8Array;
}

export function advanceCeremony(_transaction: Transaction, _input: AdvanceInput): 'changed' | 'nothing' {
  throw new Error('not yet');
}
