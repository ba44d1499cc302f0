/**
 * When Intel issued a signed document and when the next is due; each says which evaluation of TCBs it belongs to.
 */
import { refused } from '../../refused.js';
import type { JsonFields } from './signedJson.js';

export interface DocumentTimes {
  readonly issuedMs: number;
  readonly nextUpdateMs: number;
  /** Intel's TCB evaluation data number, which rises with every TCB recovery. */
  readonly tcbEvaluationNumber: number;
}

/** The times of a document. Throws COCO_ATTESTATION_EXPIRED unless issued <= atMs < next update. */
export function readTimes(fields: JsonFields, atMs: number, what: string): DocumentTimes {
  const issuedMs = fields.timeMs('issueDate');
  const nextUpdateMs = fields.timeMs('nextUpdate');
  if (atMs < issuedMs || atMs >= nextUpdateMs) {
    const when = atMs < issuedMs ? 'was issued later than' : 'was to be replaced before';
    throw refused('COCO_ATTESTATION_EXPIRED', `${what} ${when} the time that is asked about`, {
      issuedMs,
      nextUpdateMs,
      atMs,
    });
  }
  const tcbEvaluationNumber = fields.number('tcbEvaluationDataNumber', 0x7fffffff);
  return { issuedMs, nextUpdateMs, tcbEvaluationNumber };
}
