/**
 * Offline verification of receipts where there is no platform library: certificates are read in JavaScript, signatures are
 * checked by Web Cryptography. Held to `verifyReceiptFile` in tests, which says the same of the same receipts.
 */
import { readCertificate, type X509 } from '@coco/attestation';
import { type PublicKey, verifyPrehash } from '@coco/crypto';
import {
  type CoseReceiptVerdict,
  type ExaminedReceipt,
  examineCoseReceipt,
  examineReceipt,
  type ReceiptVerdict,
} from '@coco/ledger';
import { CocoError, equalBytes, utf8 } from '@coco/primitives';
import {
  type ExpectedReceipt,
  type ReceiptFinding,
  receiptContent,
  receiptFinding,
} from './receiptFinding.js';
import { rawOfDer, webEcdsaHolds, webPublicKey } from './receiptSignatures.js';
import { webSignatureHolds } from './webSignatures.js';

/**
 * Checks `receipt`, the bytes of a JSON or COSE receipt from anywhere or parsed JSON, against the certificate of the service
 * that is trusted, and against what is expected of it. Validity times of certificates are not looked at. Throws
 * COCO_CRYPTO_CERTIFICATE when `serviceCertificatePem` cannot be read.
 */
export async function verifyReceipt(
  receipt: unknown,
  serviceCertificatePem: string,
  expected: ExpectedReceipt = {},
): Promise<ReceiptFinding> {
  const service = serviceOf(serviceCertificatePem);
  const content = receiptContent(receipt);
  if ('valid' in content) return content;
  const verdict =
    content.format === 'cose'
      ? await verdictOf(() => checkCose(content.bytes, service.key))
      : await verdictOf(() => checkJson(content.value, service.certificate));
  return receiptFinding(content.format, verdict, service.key.fingerprint, expected);
}

function serviceOf(pem: string): { readonly certificate: X509; readonly key: PublicKey } {
  try {
    const certificate = readCertificate(utf8(pem), 'the certificate of the service');
    return { certificate, key: keyOf(certificate, 'the certificate of the service') };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new CocoError('COCO_CRYPTO_CERTIFICATE', 'the certificate cannot be read', { reason });
  }
}

async function verdictOf<Verdict>(
  check: () => Promise<Verdict>,
): Promise<Verdict | { readonly valid: false; readonly reason: string }> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof CocoError) || error.code !== 'COCO_LEDGER_RECEIPT') throw error;
    return { valid: false, reason: error.message };
  }
}

async function checkJson(receipt: unknown, service: X509): Promise<ReceiptVerdict> {
  const examined = examineReceipt(receipt);
  const { nodeId, root, preimage, signature, transaction } = examined;
  const key = await checkChain(examined, service);
  // Web Cryptography always hashes: where the root is all there is, its signature is checked in JavaScript.
  const raw = rawOfDer(key, signature);
  const good =
    raw !== undefined &&
    (preimage === undefined
      ? verifyPrehash(key, root, signature)
      : await webEcdsaHolds({ key, hash: 'sha256', message: preimage, signature: raw }));
  if (!good) throw refused('the signature is not that of the node over the Merkle root');
  return { valid: true, root, nodeId, ...transaction };
}

/** The key of the node, whose certificate leads to the service's. */
async function checkChain(examined: ExaminedReceipt, service: X509): Promise<PublicKey> {
  const node = certificateOf(examined.nodeCertificate, 'the certificate of the node');
  const key = keyOf(node, 'the certificate of the node');
  if (key.fingerprint !== examined.nodeId) throw refused('the certificate is not that of the node');
  let endorsed = node;
  for (const der of examined.endorsements) {
    const issuer = certificateOf(der, 'an endorsement of the service');
    keyOf(issuer, 'an endorsement of the service');
    if (!(await isIssuedBy(endorsed, issuer))) throw refused('the certificates are not a chain');
    endorsed = issuer;
  }
  if (!(await isIssuedBy(endorsed, service))) throw refused('the certificate was not issued by the service');
  return key;
}

/**
 * As the platform library decides it: unlike hardware vendors, CCF writes certificates of services that do not say what the key
 * may be used for, and a path length that later identities, which endorse earlier ones, exceed.
 */
async function isIssuedBy(certificate: X509, issuer: X509): Promise<boolean> {
  if (!issuer.isCa || issuer.keyUsage?.has('keyCertSign') === false) return false;
  if (!equalBytes(certificate.issuer, issuer.subject)) return false;
  const { signatureAlgorithm: scheme, tbs: message, signature } = certificate;
  return webSignatureHolds({ scheme, publicKey: issuer.publicKey, message, signature });
}

function certificateOf(der: Uint8Array, what: string): X509 {
  try {
    return readCertificate(der, what);
  } catch {
    throw refused(`${what} cannot be read`);
  }
}

function keyOf({ publicKey }: X509, what: string): PublicKey {
  const key = webPublicKey(publicKey);
  if (key === undefined) throw refused(`${what} cannot be read`);
  return key;
}

/** COSE's algorithms (RFC 9053, section 2.1). */
const algorithms = {
  'P-256': { id: -7, hash: 'sha256', size: 32 },
  'P-384': { id: -35, hash: 'sha384', size: 48 },
  'P-521': { id: -36, hash: 'sha512', size: 66 },
} as const;

async function checkCose(bytes: Uint8Array, key: PublicKey): Promise<CoseReceiptVerdict> {
  const { message, serviceKeyId, toBeSigned, ...told } = examineCoseReceipt(bytes);
  if (serviceKeyId !== key.fingerprint) throw refused('it names another key than that of the service');
  const { protectedHeader, signature } = message;
  const { id, hash, size } = algorithms[key.curve];
  const good =
    protectedHeader.get(1) === id &&
    signature.length === 2 * size &&
    (await webEcdsaHolds({ key, hash, message: toBeSigned, signature }));
  if (!good) throw refused('the service did not sign the root that the proof leads to');
  return { valid: true, ...told };
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_LEDGER_RECEIPT', reason);
}
