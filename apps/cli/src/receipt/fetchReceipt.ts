/**
 * Gets the receipt of a transaction from a node: waits until the transaction is committed, and while the node fetches old
 * parts of its ledger, for as long as it says.
 */
import type { Client, HttpReply, ReceiptFormat } from '@coco/client';
import { CocoError, formatTxId, type TxId } from '@coco/primitives';
import { viewOf } from '../governance/jsonView.js';
import { retryAfterMs, type Wait, type WaitOptions, waiting } from './askAgain.js';

/** Waits for commit, and for the receipt. */
export interface FetchReceiptOptions extends WaitOptions {
  readonly client: Pick<Client, 'get' | 'getJson'>;
  readonly txId: TxId;
  readonly format: ReceiptFormat;
}

/** A node that is behind learns of a transaction within moments; beyond that, nobody knows whether it ever was. */
const unknownMsMax = 5000;

/**
 * The receipt as the node gives it. Throws COCO_CLI_TX_UNKNOWN, COCO_CLI_TX_PENDING, COCO_CLI_TX_INVALID when there is no
 * receipt for want of a commit, COCO_CLI_RECEIPT when the node cannot give it otherwise, and what the client throws.
 */
export async function fetchReceipt(options: FetchReceiptOptions): Promise<Uint8Array> {
  const wait = waiting(options);
  const door = await committed(options, wait);
  const path = `/${door}/receipt${options.format === 'cose' ? '/cose' : ''}?${query(options.txId)}`;
  for (;;) {
    const reply = await receiptReply(options, path);
    if (reply.status === 200) return reply.body;
    const tooLong =
      'the node did not have the receipt ready in time; ask again later, or give more --timeout';
    await wait('Committed, the node is looking for its receipt', retryAfterMs(reply), () =>
      failure('COCO_CLI_RECEIPT', options.txId, tooLong),
    );
  }
}

/** Waits for the commit of the transaction; which of the node's doors this is. */
async function committed({ client, txId }: FetchReceiptOptions, wait: Wait): Promise<'node' | 'app'> {
  const door = await doorOf(client, txId);
  const pending = 'it is not committed yet; ask again later, or give more --timeout';
  const unknown =
    'this node does not know it: it is on its way, was lost before it was committed, or never was; check the id, or ask another node';
  for (;;) {
    const status = viewOf(await client.getJson(`/${door}/tx?${query(txId)}`)).text('status');
    if (status === 'Committed') return door;
    if (status === 'Invalid') {
      const never =
        'it did not commit and never will, as when a new primary takes over before; send it again';
      throw failure('COCO_CLI_TX_INVALID', txId, never);
    }
    if (status === 'Pending')
      await wait(status, undefined, () => failure('COCO_CLI_TX_PENDING', txId, pending));
    else if (status === 'Unknown')
      await wait(status, undefined, () => failure('COCO_CLI_TX_UNKNOWN', txId, unknown), unknownMsMax);
    else throw failure('COCO_CLI_RECEIPT', txId, 'the node answered with no status of a transaction');
  }
}

/** Administrative and application endpoint have the same, under different names. */
async function doorOf(client: Pick<Client, 'get'>, txId: TxId): Promise<'node' | 'app'> {
  try {
    await client.get(`/node/tx?${query(txId)}`);
    return 'node';
  } catch (error) {
    if (noRouteCodes.has(httpCode(error))) return 'app';
    throw error;
  }
}

async function receiptReply({ client, txId, format }: FetchReceiptOptions, path: string): Promise<HttpReply> {
  try {
    return await client.get(path);
  } catch (error) {
    const code = httpCode(error);
    if (noRouteCodes.has(code) && format === 'cose') {
      throw failure('COCO_CLI_RECEIPT', txId, 'this node gives no receipts as COSE; ask for one as JSON');
    }
    if (code === 'TransactionNotFound') {
      const forgotten = 'this node no longer has what its receipt is made of; ask another node';
      throw failure('COCO_CLI_RECEIPT', txId, forgotten);
    }
    throw error;
  }
}

/** Of CCF's nodes, and of ours. */
const noRouteCodes: ReadonlySet<unknown> = new Set(['ResourceNotFound', 'COCO_HOST_NO_ROUTE']);

/** The code that a node refuses with. */
function httpCode(error: unknown): unknown {
  return error instanceof CocoError && error.code === 'COCO_CLIENT_HTTP'
    ? error.facts['errorCode']
    : undefined;
}

function query(txId: TxId): string {
  return `transaction_id=${formatTxId(txId)}`;
}

function failure(code: string, txId: TxId, reason: string): CocoError {
  return new CocoError(code, `no receipt of transaction ${formatTxId(txId)}: ${reason}`, {
    txId: formatTxId(txId),
  });
}
