/**
 * From a leaf certificate to the registered certificate of an actor (RFC 5280 section 6, as far as ACT-2 needs it): each
 * certificate issued by the next, within its validity, and no CA letting more stand beneath it than it may. There is no
 * revocation list: to cut off an intermediate CA or a leaf, let it expire, or replace the actor's certificate by vote.
 */
import { type Certificate, isIssuedBy } from '@coco/crypto';

/** Certificates between a person or system and the actor's own, the leaf included. */
export const pathCertificatesMax = 4;

/**
 * Why the path from `chain` (leaf first) to `anchor` does not hold, or undefined when it does. `chain` ends beneath the
 * anchor; without `nowMs` validity is not looked at.
 */
export function pathRefusal(
  chain: readonly Certificate[],
  anchor: Certificate,
  nowMs: number | undefined,
): string | undefined {
  if (chain.length > pathCertificatesMax) return 'the certificate chain is too long';
  const path = [...chain, anchor];
  for (const [index, certificate] of path.entries()) {
    const refusal = validityRefusal(certificate, nowMs) ?? useRefusal(certificate, index);
    if (refusal !== undefined) return refusal;
    const issuer = path[index + 1];
    if (issuer !== undefined && !isIssuedBy(certificate, issuer)) {
      return 'the certificate chain is broken: one was not issued by the next';
    }
  }
  return undefined;
}

/** Why `certificate` is not valid at `nowMs`, or undefined. */
export function validityRefusal(certificate: Certificate, nowMs: number | undefined): string | undefined {
  if (nowMs === undefined) return undefined;
  const name = certificate.subject.replaceAll('\n', ', ');
  if (nowMs < certificate.notBeforeMs) return `the certificate of "${name}" is not valid yet`;
  return nowMs > certificate.notAfterMs ? `the certificate of "${name}" has expired` : undefined;
}

const clientPurpose = '1.3.6.1.5.5.7.3.2';
const anyPurpose = '2.5.29.37.0';

/** `index` counts from the leaf: as many certificates stand beneath this one, intermediates are all but the first. */
function useRefusal(certificate: Certificate, index: number): string | undefined {
  const { unhandledCritical, pathLengthMax, extendedKeyUsage, keyUsage } = certificate.extensions;
  if (unhandledCritical.length > 0) {
    return `a certificate has a critical extension that is not supported (${unhandledCritical.join(', ')})`;
  }
  if (index > 0) {
    const tooLong = pathLengthMax !== undefined && index - 1 > pathLengthMax;
    return tooLong ? 'a CA in the chain allows no path of this length' : undefined;
  }
  if (keyUsage !== undefined && !keyUsage.includes('digitalSignature')) {
    return 'the key of the certificate is not for signatures';
  }
  const purposes = extendedKeyUsage ?? [anyPurpose];
  const isClient = purposes.includes(clientPurpose) || purposes.includes(anyPurpose);
  return isClient ? undefined : 'the certificate is not for clients';
}
