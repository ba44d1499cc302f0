import type { Transaction } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import type { KeyContribution, KeyOutcome } from './types.js';

export interface ContributeInput {
  readonly nodeId: NodeId;
  readonly contribution: KeyContribution;
}

export function contributeToKey(_transaction: Transaction, _input: ContributeInput): KeyOutcome {
  throw new Error('not yet');
}
