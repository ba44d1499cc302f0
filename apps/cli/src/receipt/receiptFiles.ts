/**
 * Receipts in files, and what of them is given on the command line.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { receiptBytesMax } from '@coco/client';
import { CocoError, fromHex, parseTxId, type TxId } from '@coco/primitives';
import { UsageError } from '../command.js';

/** The bytes of `file`. COCO_CLI_FILE when it cannot be read, or is too long for a receipt. */
export function readReceiptFile(file: string): Uint8Array {
  try {
    if (statSync(file).size > receiptBytesMax) throw new Error(`it has more than ${receiptBytesMax} bytes`);
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw unusable('read', file, error);
  }
}

/** COCO_CLI_FILE when it cannot be written. */
export function writeReceiptFile(file: string, receipt: Uint8Array): void {
  try {
    writeFileSync(file, receipt);
  } catch (error) {
    throw unusable('write', file, error);
  }
}

/** A transaction id as it is written, for example 2.17. */
export function txIdOf(text: string, name: string): TxId {
  const txId = parseTxId(text);
  if (txId !== undefined) return txId;
  const hint = /^0x[0-9a-f]{64}$/i.test(text)
    ? 'that is the hash of an Ethereum transaction: coco_getTransactionId gives its id in the ledger'
    : `not "${text}"`;
  throw new UsageError(`${name} is a view and a sequence number like 2.17; ${hint}`);
}

/** SHA-256 in hex. */
export function digestOf(text: string, name: string): Uint8Array {
  const digest = fromHex(text.toLowerCase());
  if (digest?.length === 32) return digest;
  throw new UsageError(`${name} is a SHA-256: 64 hex digits, not ${text.length}`);
}

function unusable(what: 'read' | 'write', file: string, error: unknown): CocoError {
  const { code, message } = error as { code?: string; message: string };
  const reason = code === 'ENOENT' && what === 'read' ? 'there is no such file' : message;
  return new CocoError('COCO_CLI_FILE', `cannot ${what} ${file}: ${reason}`, { path: file });
}
