/**
 * What ends a worker that was taken over, or is not of this version, and with it, in order, the node.
 */
import { CocoError } from '@coco/primitives';

/** COCO_REPLICA_WORKER; `what` it did ends the sentence. */
export function workerFault(what: string): CocoError {
  const sentence = `the worker broke its agreement with the manager: ${what}`;
  return new CocoError('COCO_REPLICA_WORKER', sentence, { what });
}
