/**
 * What is answered in place of something of the past that is not there at once.
 */
import type { AdapterRequest } from '@coco/adapter';
import type { Past } from '../history/pastQueries.js';
import type { HttpResponse } from '../http.js';
import { failure } from './answers.js';
import type { Route } from './route.js';
import { ref } from './schemas.js';

/**
 * 202 while it is on its way, 503 when it is not to be had now; both say when to ask again. Without an `asker` among the network's
 * own, what others said of it is not told: actors and addresses are nobody else's business.
 */
export function notYet(
  past: Exclude<Past<never>, { readonly found: unknown }>,
  asker?: AdapterRequest['caller'],
): HttpResponse {
  if ('coming' in past) return failure(202, past.coming.code, past.coming.message, { 'retry-after': '1' });
  const { code, message, facts } = past.failed;
  const isStranger = asker?.kind === 'anonymous';
  const sentence = isStranger && typeof facts['brief'] === 'string' ? facts['brief'] : message;
  return failure(503, code, sentence, { 'retry-after': '5' });
}

export const notCommitted = failure(
  202,
  'TransactionPendingOrUnknown',
  'the transaction is not committed yet; ask again',
  { 'retry-after': '1' },
);

/** For the documents. */
export const pastAnswers: Route['answers'] = {
  202: {
    description: 'Not committed yet, or the node is getting that part of the ledger; ask again',
    schema: ref('Error'),
  },
  503: { description: 'That part of the ledger, or its secret, cannot be had now', schema: ref('Error') },
};
