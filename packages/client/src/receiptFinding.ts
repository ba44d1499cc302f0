/**
 * What a receipt proves, told alike for JSON and COSE, in Node and in browsers; and whether that is what was expected.
 */
import type { CoseReceiptVerdict, ReceiptVerdict } from '@coco/ledger';
import { equalBytes, formatTxId, fromUtf8, type NodeId, type TxId, toHex } from '@coco/primitives';

export type ReceiptFormat = 'json' | 'cose';

/** A receipt that holds under the service that is trusted. */
export interface ProvenReceipt {
  readonly valid: true;
  readonly format: ReceiptFormat;
  /** Whose service it is: hex SHA-256 of its public key (SubjectPublicKeyInfo). */
  readonly serviceKeyId: string;
  /** The Merkle root that was signed. */
  readonly root: Uint8Array;
  /** The transaction; absent on the receipt of a signature transaction, which names only its root. */
  readonly txId?: TxId;
  /** SHA-256 of the entry as it is in the ledger; absent together with `txId`. */
  readonly writeSetDigest?: Uint8Array;
  /** What the transaction claims, 32 zero bytes if nothing; absent together with `txId`. */
  readonly claimsDigest?: Uint8Array;
  /** Which node signed. JSON only: a COSE receipt is signed with the service's own key. */
  readonly nodeId?: NodeId;
  /** COSE only: the signature transaction that the signature is in. */
  readonly signedIn?: TxId;
}

export interface RefusedReceipt {
  readonly valid: false;
  readonly format: ReceiptFormat;
  readonly reason: string;
}

export type ReceiptFinding = ProvenReceipt | RefusedReceipt;

/** What the receipt must be about. Default anything. */
export interface ExpectedReceipt {
  readonly txId?: TxId;
  /** 32 bytes. */
  readonly claimsDigest?: Uint8Array;
}

/** The verdict of either kind as a finding, refused when it is about something else than what is expected. */
export function receiptFinding(
  format: ReceiptFormat,
  verdict: ReceiptVerdict | CoseReceiptVerdict,
  serviceKeyId: string,
  expected: ExpectedReceipt = {},
): ReceiptFinding {
  if (!verdict.valid) return { format, ...verdict };
  const reason = differenceOf(verdict, expected);
  if (reason !== undefined) return { valid: false, format, reason };
  return { format, serviceKeyId, ...verdict };
}

function differenceOf(
  { txId, claimsDigest }: Pick<ProvenReceipt, 'txId' | 'claimsDigest'>,
  expected: ExpectedReceipt,
): string | undefined {
  if (expected.txId !== undefined) {
    const [is, wanted] = [txId === undefined ? undefined : formatTxId(txId), formatTxId(expected.txId)];
    if (is === undefined)
      return `it is the receipt of a signature, which does not name transaction ${wanted}`;
    if (is !== wanted) return `it is the receipt of transaction ${is}, not of ${wanted}`;
  }
  if (expected.claimsDigest === undefined) return undefined;
  if (claimsDigest === undefined) return 'it is the receipt of a signature, which claims nothing';
  if (equalBytes(claimsDigest, expected.claimsDigest)) return undefined;
  const is = claimsDigest.every((byte) => byte === 0) ? 'nothing' : toHex(claimsDigest);
  return `the transaction claims ${is}, not ${toHex(expected.claimsDigest)}`;
}

/** A receipt as it came: JSON to be examined, or the bytes of a COSE message. */
export type ReceiptContent =
  | { readonly format: 'json'; readonly value: unknown }
  | { readonly format: 'cose'; readonly bytes: Uint8Array }
  | RefusedReceipt;

/** No receipt has more bytes. */
export const receiptBytesMax = 2 ** 20;

/** The first byte of a COSE_Sign1 with its tag. */
const coseTag = 0xd2;

/** `receipt` as it is in a file (JSON text or COSE), or as parsed JSON. */
export function receiptContent(receipt: unknown): ReceiptContent {
  if (!(receipt instanceof Uint8Array)) return { format: 'json', value: receipt };
  const isCose = receipt[0] === coseTag;
  const format = isCose ? 'cose' : 'json';
  if (receipt.length > receiptBytesMax)
    return { valid: false, format, reason: 'it is too long for a receipt' };
  if (isCose) return { format: 'cose', bytes: receipt };
  try {
    return { format: 'json', value: JSON.parse(fromUtf8(receipt) ?? '') };
  } catch {
    return { valid: false, format, reason: 'it is neither JSON nor tagged COSE' };
  }
}
