/**
 * What is thrown while an engine runs code, made an outcome: a curious contract does not stop the node.
 */
import { AssertionError } from '@coco/primitives';
import type { Refusal } from '../types.js';

/** What an engine answers instead of what it should have. */
export interface EngineFailure {
  readonly outcome: 'refused';
  readonly refusal: Refusal;
}

/** The refusal that stands for `error`; a broken assertion is a bug of ours, and is thrown on. */
export function engineFailure(error: unknown): EngineFailure {
  if (error instanceof AssertionError) throw error;
  return { outcome: 'refused', refusal: { reason: 'engineFailure', message: String(error) } };
}
