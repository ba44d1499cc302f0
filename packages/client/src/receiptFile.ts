/**
 * Offline verification of receipts in either form, as they come from a file or a node (TX-4).
 */
import { parseCertificate } from '@coco/crypto';
import { verifyCoseReceipt, verifyReceipt } from '@coco/ledger';
import {
  type ExpectedReceipt,
  type ReceiptFinding,
  receiptContent,
  receiptFinding,
} from './receiptFinding.js';

/**
 * Checks `receipt`, the bytes of a JSON or COSE receipt from anywhere (or parsed JSON), against the certificate of the
 * service that is trusted, and against what is expected of it. Throws COCO_CRYPTO_CERTIFICATE when
 * `serviceCertificatePem` cannot be read.
 */
export function verifyReceiptFile(
  receipt: unknown,
  serviceCertificatePem: string,
  expected: ExpectedReceipt = {},
): ReceiptFinding {
  const service = parseCertificate(serviceCertificatePem);
  const content = receiptContent(receipt);
  if ('valid' in content) return content;
  const verdict =
    content.format === 'cose'
      ? verifyCoseReceipt(content.bytes, service.publicKey)
      : verifyReceipt(content.value, service);
  return receiptFinding(content.format, verdict, service.publicKey.fingerprint, expected);
}
