/**
 * Chains of certificates up to a pinned root (RFC 5280 section 6): everything but the signatures is checked here, and each
 * signature that must hold is returned. Times are compared with a stated time.
 */
import { equalBytes } from '@coco/primitives';
import { refused } from '../refused.js';
import type { NamedSignature } from '../types.js';
import type { X509 } from './certificate.js';

/**
 * The signature of `issuer` on `child`. Throws COCO_ATTESTATION_CHAIN when the names do not fit or `issuer` may not issue it.
 * `casBelow`: how many certificates of authorities stand between `issuer` and the leaf, `child` counted if it is one.
 */
export function issuedBy(
  child: X509,
  issuer: X509,
  what: string,
  casBelow: number = child.isCa ? 1 : 0,
): NamedSignature {
  const facts = { certificate: child.subjectText, issuer: issuer.subjectText };
  const fail = (reason: string): Error =>
    refused('COCO_ATTESTATION_CHAIN', `${what} is not issued by ${issuer.title}: ${reason}`, facts);
  if (!equalBytes(child.issuer, issuer.subject)) throw fail('it names another issuer');
  if (!issuer.isCa) throw fail('that is no authority');
  if (issuer.keyUsage?.has('keyCertSign') !== true) throw fail('its key is not for certificates');
  if ((issuer.pathLengthMax ?? casBelow) < casBelow) throw fail('its path length is exceeded');
  return {
    what: `the signature of ${issuer.title} on ${what}`,
    scheme: child.signatureAlgorithm,
    publicKey: issuer.publicKey,
    message: child.tbs,
    signature: child.signature,
  };
}

/**
 * Throws COCO_ATTESTATION_CHAIN unless the certificate's key may sign data: `what`, in the sentence. AMD's certificates of keys have
 * no key usage, which allows it (RFC 5280 4.2.1.3); an authority's key is for certificates and lists alone.
 */
export function checkSigns({ isCa, keyUsage, title }: X509, what: string): void {
  if (!isCa && keyUsage?.has('digitalSignature') !== false) return;
  throw refused('COCO_ATTESTATION_CHAIN', `the key of ${title} is not for signatures on ${what}`, {
    certificate: title,
  });
}

/** Throws COCO_ATTESTATION_EXPIRED when the certificate is not valid at `atMs`, both ends included (RFC 5280 4.1.2.5). */
export function checkValid(certificate: X509, atMs: number, what: string): void {
  const { notBeforeMs, notAfterMs, subjectText } = certificate;
  // The last second counts as a whole.
  if (atMs >= notBeforeMs && atMs < notAfterMs + 1000) return;
  const when = atMs < notBeforeMs ? 'is not valid yet' : 'is no longer valid';
  throw refused('COCO_ATTESTATION_EXPIRED', `${what} ${when} at the time that is asked about`, {
    certificate: subjectText,
    notBeforeMs,
    notAfterMs,
    atMs,
  });
}

/**
 * The root's signature on itself. Throws COCO_ATTESTATION_CHAIN when it is not self-issued or its key is not one of `pins`
 * (SHA-256 of the SubjectPublicKeyInfo, lower-case hex).
 */
export function checkRoot(root: X509, pins: readonly string[], what: string): NamedSignature {
  if (!pins.includes(root.publicKeyDigest)) {
    throw refused('COCO_ATTESTATION_CHAIN', `${what} (${root.title}) is not a root that is trusted`, {
      publicKeyDigest: root.publicKeyDigest,
    });
  }
  return issuedBy(root, root, what, 0);
}

/**
 * A whole chain, leaf first, root last (it may be the leaf): who issued whom, path lengths, the root's pin, and that all are
 * valid at `atMs`. The signatures that must hold.
 */
export function checkChain(
  chain: readonly X509[],
  pins: readonly string[],
  atMs: number,
  what: string,
): readonly NamedSignature[] {
  const root = chain.at(-1);
  if (root === undefined) throw refused('COCO_ATTESTATION_CHAIN', `${what} is missing`);
  const signatures = [checkRoot(root, pins, `the root of ${what}`)];
  for (const [index, certificate] of chain.entries()) {
    const name = index === 0 ? what : `${certificate.title} above ${what}`;
    checkValid(certificate, atMs, name);
    const issuer = chain[index + 1];
    // Everything below `issuer` but the leaf itself is an authority.
    if (issuer !== undefined) signatures.push(issuedBy(certificate, issuer, name, index));
  }
  return signatures;
}
