/**
 * Offline verification of receipts for those who have the service certificate as a file (TX-4).
 */
import { parseCertificate } from '@coco/crypto';
import { type ReceiptVerdict, verifyReceipt as verify } from '@coco/ledger';

/**
 * Checks a JSON receipt, from anywhere, against the certificate of the service that is trusted: leaf, proof,
 * signature over the root, and the chain of certificates. What it proves is that the transaction named in the verdict
 * is in this service's ledger; compare `txId` and `claimsDigest` with what you expect. Throws
 * COCO_CRYPTO_CERTIFICATE when `serviceCertificatePem` cannot be read.
 */
export function verifyReceipt(receipt: unknown, serviceCertificatePem: string): ReceiptVerdict {
  return verify(receipt, parseCertificate(serviceCertificatePem));
}
