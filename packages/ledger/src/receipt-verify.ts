/**
 * Checks JSON receipts offline, with the platform's certificates and signatures (see receipt-examine.ts for their form).
 */
import { type Certificate, isIssuedBy, parseCertificate, verifyDer, verifyPrehash } from '@coco/crypto';
import { equalBytes, type NodeId } from '@coco/primitives';
import { type ExaminedReceipt, examineReceipt, type ReceiptTransaction } from './receipt-examine.js';
import { type RefusedReceipt, refusedReceipt, verdictOf } from './receipt-proof.js';

/**
 * What a receipt proves, or why it proves nothing. On the receipt of a signature transaction, which names only its root,
 * what is known of the transaction is absent.
 */
export type ReceiptVerdict =
  | ({
      readonly valid: true;
      /** The Merkle root that was signed. */
      readonly root: Uint8Array;
      /** Which node signed. */
      readonly nodeId: NodeId;
    } & Partial<ReceiptTransaction>)
  | RefusedReceipt;

/**
 * Checks a receipt, parsed JSON from anywhere, against the certificate of the service that is trusted. Validity
 * times of certificates are not looked at.
 */
export function verifyReceipt(receipt: unknown, serviceCertificate: Certificate): ReceiptVerdict {
  return verdictOf(() => {
    const examined = examineReceipt(receipt);
    const { publicKey } = checkChain(examined, serviceCertificate);
    const { root, preimage, signature, transaction } = examined;
    const good =
      preimage === undefined
        ? verifyPrehash(publicKey, root, signature)
        : verifyDer(publicKey, preimage, signature);
    if (!good) throw refusedReceipt('the signature is not that of the node over the Merkle root');
    return { valid: true, root, nodeId: publicKey.fingerprint, ...transaction };
  });
}

/** The node's certificate, which leads to the service's, over endorsements of earlier service identities if any. */
function checkChain(examined: ExaminedReceipt, service: Certificate): Certificate {
  const node = certificateOf(examined.nodeCertificate, 'the certificate of the node');
  if (node.publicKey.fingerprint !== examined.nodeId) {
    throw refusedReceipt('the certificate is not that of the node');
  }
  let endorsed = node;
  for (const der of examined.endorsements) {
    const issuer = certificateOf(der, 'an endorsement of the service');
    if (!isIssuedBy(endorsed, issuer)) throw refusedReceipt('the certificates are not a chain');
    endorsed = issuer;
  }
  if (!isIssuedBy(endorsed, service)) {
    throw refusedReceipt('the certificate was not issued by the service');
  }
  return node;
}

function certificateOf(der: Uint8Array, what: string): Certificate {
  let certificate: Certificate;
  try {
    certificate = parseCertificate(der);
  } catch {
    throw refusedReceipt(`${what} cannot be read`);
  }
  // The platform reads more than DER, and writes DER.
  if (!equalBytes(certificate.der, der)) throw refusedReceipt(`${what} cannot be read`);
  return certificate;
}
