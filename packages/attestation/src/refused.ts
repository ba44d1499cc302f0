/**
 * Every way of refusing evidence has a code of its own, COCO_ATTESTATION_*, and one sentence that says what is wrong.
 */
import { CocoError } from '@coco/primitives';

/** The error to throw. */
export function refused(
  code: `COCO_ATTESTATION_${string}`,
  sentence: string,
  facts: Readonly<Record<string, string | number | boolean>> = {},
): CocoError {
  return new CocoError(code, sentence, facts);
}
