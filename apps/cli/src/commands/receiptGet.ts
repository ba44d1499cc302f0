/**
 * `coco receipt get`: the proof that a transaction is in the ledger, from a node (TX-4).
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReceiptFormat, verifyReceiptFile } from '@coco/client';
import { CocoError, formatTxId, fromUtf8, type TxId } from '@coco/primitives';
import { type Command, text, UsageError, whole } from '../command.js';
import { accessOptions, jsonOption, serviceCertificatePem, withClient } from '../governance/access.js';
import { fetchReceipt } from '../receipt/fetchReceipt.js';
import { txIdOf, writeReceiptFile } from '../receipt/receiptFiles.js';
import { green, liveLine } from '../terminal.js';
import { onlyOperand } from './operands.js';

const secondsMax = 86_400;

export const receiptGet: Command = {
  name: 'receipt get',
  summary: 'get the proof that a transaction is in the ledger, from a node',
  operands: 'TXID',
  options: {
    cose: { type: 'boolean', help: 'as COSE, signed by the service itself; default JSON, signed by a node' },
    output: { type: 'string', short: 'o', value: 'FILE', help: 'write it there; default standard output' },
    timeout: { type: 'string', value: 'SECONDS', default: '30', help: 'how long to wait for commit' },
    ...jsonOption,
    ...accessOptions,
  },
  about: [
    'Waits until the transaction is committed, gets its receipt, and checks it. Whoever has the file and the service certificate can check it again, without any node: coco receipt verify. Both endpoints of a node have receipts.',
    'TXID is what nodes answer in x-ms-ccf-transaction-id; for an Ethereum transaction coco_getTransactionId tells it.',
  ],
  examples: [
    ['coco receipt get 2.17 -o 2.17.json', 'with COCO_URL and COCO_SERVICE in the environment'],
    ['coco receipt get 2.17 --cose -o 2.17.cose', 'as COSE, in the profile of CCF'],
  ],
  async run(operands, options) {
    const txId = txIdOf(onlyOperand(operands, 'TXID'), 'TXID');
    const format = options['cose'] === true ? 'cose' : 'json';
    const json = options['json'] === true;
    const file = text(options, 'output');
    const timeoutMs = 1000 * whole(options, 'timeout', 0, secondsMax);
    if (format === 'cose' && file === undefined && (json || process.stdout.isTTY === true)) {
      throw new UsageError('--cose is binary: say with -o FILE where it goes');
    }
    const progress = liveLine();
    const receipt = await withClient(options, (client) =>
      fetchReceipt({
        client,
        txId,
        format,
        timeoutMs,
        clock: { nowMs: () => performance.now(), sleep: (ms) => sleep(ms) },
        ...(!json && {
          onWait: (state, waitedMs) =>
            progress.show(`${formatTxId(txId)}  ${state}  ${Math.floor(waitedMs / 1000)} s`),
        }),
      }).finally(() => progress.end()),
    );
    check(receipt, txId, serviceCertificatePem(options));
    if (file !== undefined) writeReceiptFile(file, receipt);
    process.stdout.write(outputOf({ receipt, txId, format, file, json }));
    return 0;
  },
};

/** A node that gives a receipt that proves nothing is told about at once, not years later. */
function check(receipt: Uint8Array, txId: TxId, servicePem: string): void {
  const finding = verifyReceiptFile(receipt, servicePem);
  if (!finding.valid) throw useless(txId, finding.reason);
  // That of a signature names only its root.
  if (finding.txId !== undefined && formatTxId(finding.txId) !== formatTxId(txId)) {
    throw useless(txId, `it is that of ${formatTxId(finding.txId)}`);
  }
}

function useless(txId: TxId, reason: string): CocoError {
  const sentence = `the receipt of transaction ${formatTxId(txId)} that the node gave does not hold: ${reason}`;
  return new CocoError('COCO_CLI_RECEIPT', sentence, { txId: formatTxId(txId) });
}

function outputOf(got: {
  readonly receipt: Uint8Array;
  readonly txId: TxId;
  readonly format: ReceiptFormat;
  readonly file: string | undefined;
  readonly json: boolean;
}): string | Uint8Array {
  const { receipt, format, file, json } = got;
  const txId = formatTxId(got.txId);
  if (file === undefined) return format === 'cose' ? receipt : `${fromUtf8(receipt)}\n`;
  if (json) return `${JSON.stringify({ txId, format, file })}\n`;
  return `${green('●')} ${txId} is committed; its receipt is in ${file}\n`;
}
