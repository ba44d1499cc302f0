/**
 * What both doors tell of transactions: how far commit is, the status of one, and its receipt (TX-4).
 */
import type { AdapterRequest } from '@coco/adapter';
import { formatTxId, parseTxId, type TxId } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { PastQueries, ReceiptFormat } from '../history/pastQueries.js';
import type { HttpResponse } from '../http.js';
import { failure, json } from './answers.js';
import { notCommitted, notYet, pastAnswers } from './pastAnswers.js';
import type { Route } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface TransactionFacts {
  readonly replica: Pick<Replica, 'status' | 'txStatus'>;
  readonly past: Pick<PastQueries, 'receipt'>;
}

/** Routes under `prefix`, "/app" or "/node". */
export function transactionRoutes(prefix: string, facts: TransactionFacts): readonly Route[] {
  const { replica } = facts;
  const id = {
    name: 'transaction_id',
    description: 'view.seqno',
    required: true,
    schema: ref('TransactionId'),
  };
  return [
    {
      method: 'GET',
      path: `${prefix}/commit`,
      summary: 'The last transaction that this node knows to be committed',
      answers: {
        200: { description: 'Its id', schema: objectOf({ transaction_id: ref('TransactionId') }) },
      },
      handle: () => json(200, { transaction_id: formatTxId(replica.status().committed) }),
    },
    {
      method: 'GET',
      path: `${prefix}/tx`,
      summary: 'The status of a transaction',
      query: [id],
      answers: {
        200: {
          description: 'Committed and Invalid are final',
          schema: objectOf({ transaction_id: ref('TransactionId'), status: ref('TxStatus') }),
        },
      },
      handle: ({ query }) =>
        withTxId(query, (txId) =>
          json(200, { transaction_id: formatTxId(txId), status: replica.txStatus(txId) }),
        ),
    },
    {
      method: 'GET',
      path: `${prefix}/receipt`,
      summary: 'Proof that a transaction is in the ledger, which can be checked offline',
      query: [id],
      answers: { 200: { description: 'The receipt', schema: ref('Receipt') }, ...pastAnswers },
      handle: ({ query, request }) => withTxId(query, (txId) => receipt(facts, txId, 'json', request.caller)),
    },
    {
      method: 'GET',
      path: `${prefix}/receipt/cose`,
      summary: 'The same as COSE, signed by the service itself; a signature transaction has none',
      query: [id],
      answers: {
        200: { description: 'The receipt', schema: plain.string, contentType: 'application/cose' },
        ...pastAnswers,
      },
      handle: ({ query, request }) => withTxId(query, (txId) => receipt(facts, txId, 'cose', request.caller)),
    },
  ];
}

type Answer = HttpResponse | Promise<HttpResponse>;

function withTxId(query: URLSearchParams, answer: (txId: TxId) => Answer): Answer {
  const id = parseTxId(query.get('transaction_id') ?? '');
  if (id !== undefined) return answer(id);
  const sentence = 'transaction_id must be given as view.seqno, for example 2.17';
  return failure(400, 'InvalidQueryParameterValue', sentence);
}

async function receipt(
  { replica, past }: TransactionFacts,
  id: TxId,
  format: ReceiptFormat,
  caller: AdapterRequest['caller'],
): Promise<HttpResponse> {
  const status = replica.txStatus(id);
  if (status === 'Invalid')
    return failure(404, 'TransactionInvalid', 'the transaction did not commit and never will');
  if (status !== 'Committed') return notCommitted;
  const answer = await past.receipt(id, format);
  if (!('found' in answer)) return notYet(answer, caller);
  const { found } = answer;
  if (found instanceof Uint8Array) {
    return { status: 200, headers: { 'content-type': 'application/cose' }, body: found };
  }
  return found === undefined ? none : json(200, found);
}

const none = failure(
  404,
  'COCO_HOST_RECEIPT_NONE',
  'a signature transaction has no receipt of this form: the signature in it is its own proof; ask for JSON',
);
