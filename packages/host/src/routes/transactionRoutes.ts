/**
 * What both doors tell of transactions: how far commit is, the status of one, and its receipt (TX-4).
 */
import { formatTxId, parseTxId, type TxId } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { HttpResponse } from '../http.js';
import { failure, json } from './answers.js';
import type { Route } from './route.js';
import { objectOf, ref } from './schemas.js';

export type TransactionSource = Pick<Replica, 'status' | 'txStatus' | 'receipt'>;

/** Routes under `prefix`, "/app" or "/node". */
export function transactionRoutes(prefix: string, replica: TransactionSource): readonly Route[] {
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
      answers: {
        200: { description: 'The receipt', schema: ref('Receipt') },
        202: { description: 'Not committed yet; ask again', schema: ref('Error') },
      },
      handle: ({ query }) => withTxId(query, (txId) => receipt(replica, txId)),
    },
  ];
}

function withTxId(query: URLSearchParams, answer: (txId: TxId) => HttpResponse): HttpResponse {
  const id = parseTxId(query.get('transaction_id') ?? '');
  if (id !== undefined) return answer(id);
  const sentence = 'transaction_id must be given as view.seqno, for example 2.17';
  return failure(400, 'InvalidQueryParameterValue', sentence);
}

function receipt(replica: TransactionSource, id: TxId): HttpResponse {
  const status = replica.txStatus(id);
  if (status === 'Invalid')
    return failure(404, 'TransactionInvalid', 'the transaction did not commit and never will');
  if (status !== 'Committed') {
    return failure(202, 'TransactionPendingOrUnknown', 'the transaction is not committed yet; ask again');
  }
  const found = replica.receipt(id.seqno);
  if (found !== undefined) return json(200, found);
  const sentence = 'this node no longer holds that part of the Merkle tree in memory';
  return failure(404, 'TransactionNotFound', sentence);
}
