/**
 * Snapshot files and their receipts: a snapshot proves nothing until the receipt of its evidence does, which says that
 * the service committed to exactly these bytes.
 */
import { type Certificate, sha256 } from '@coco/crypto';
import { CocoError, concatBytes, equalBytes, fromUtf8, type Seqno, type TxId, utf8 } from '@coco/primitives';
import { verifyCoseReceipt } from './receipt-cose.js';
import { type ReceiptVerdict, verifyReceipt } from './receipt-verify.js';
import { parseSnapshot } from './snapshot-open.js';
import type { Receipt } from './types.js';

/** What a snapshot's receipt proves, or why it proves nothing. */
export type SnapshotVerdict =
  | {
      readonly valid: true;
      /** The entry whose state it holds. */
      readonly seqno: Seqno;
      /** The entry that claims it. */
      readonly evidence: TxId;
      /** SHA-256 of the snapshot without the receipt. */
      readonly digest: Uint8Array;
    }
  | { readonly valid: false; readonly reason: string };

/** The text of the receipt as it is appended to the file. */
export function snapshotReceiptBytes(receipt: Receipt): Uint8Array {
  return utf8(JSON.stringify(receipt));
}

/** The bytes of the file: the snapshot, then its receipt. */
export function snapshotFile(snapshot: Uint8Array, receipt: Receipt): Uint8Array {
  return concatBytes(snapshot, snapshotReceiptBytes(receipt));
}

/**
 * Checks a snapshot file from anywhere, snapshot and receipt, against the certificate of the service that is trusted.
 * Nothing in it is decrypted or looked into.
 */
export function verifySnapshot(
  bytes: Uint8Array,
  serviceCertificate: Certificate,
  snapshotBytesMax?: number,
): SnapshotVerdict {
  let layout: ReturnType<typeof parseSnapshot>;
  try {
    layout = parseSnapshot(bytes, snapshotBytesMax);
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return refuse(error.message);
  }
  const { seqno } = layout;
  const receipt = bytes.subarray(layout.bytes.length);
  if (receipt.length > receiptBytesMax) return refuse('what follows the snapshot is too long for a receipt');
  const verdict = checkReceipt(receipt, serviceCertificate);
  if (!verdict.valid) return refuse(verdict.reason);
  const { txId: evidence, claimsDigest } = verdict;
  if (evidence === undefined || claimsDigest === undefined)
    return refuse('the receipt is that of a signature');
  const digest = sha256(layout.bytes);
  if (!equalBytes(digest, claimsDigest)) return refuse('the receipt is about other bytes than these');
  if (evidence.seqno <= seqno) return refuse('the evidence is not later than the snapshot');
  return { valid: true, seqno, evidence, digest };
}

/** The longest receipt of a snapshot: 1 MiB. */
export const receiptBytesMax = 2 ** 20;
/** The first byte of a tagged COSE_Sign1. */
const coseTag = 0xd2;

type CheckedReceipt =
  | { readonly valid: true; readonly txId?: TxId; readonly claimsDigest?: Uint8Array }
  | { readonly valid: false; readonly reason: string };

function checkReceipt(bytes: Uint8Array, serviceCertificate: Certificate): CheckedReceipt | ReceiptVerdict {
  if (bytes.length === 0) return refuse('it has no receipt');
  if (bytes[0] === coseTag) return verifyCoseReceipt(bytes, serviceCertificate.publicKey);
  const text = fromUtf8(bytes);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? '');
  } catch {
    return refuse('its receipt is not JSON');
  }
  // One text only, so that no bit of the file can be changed unnoticed.
  if (JSON.stringify(parsed) !== text) return refuse('its receipt is not compact JSON');
  return verifyReceipt(parsed, serviceCertificate);
}

function refuse(reason: string): { readonly valid: false; readonly reason: string } {
  return { valid: false, reason };
}
