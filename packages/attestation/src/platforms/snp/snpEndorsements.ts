/**
 * Makes endorsements out of files as people and clouds have them: certificates in PEM or DER, several in one file or apart,
 * in any order, as Azure's JSON ({vcekCert, certificateChain}), any of it in base64. What is verified is DER alone, so
 * that every byte of it is covered by a signature.
 */
import { equalBytes, fromBase64, fromUtf8, utf8 } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { Endorsements } from '../../types.js';
import { readCertificates, type X509 } from '../../x509/certificate.js';
import { pemBlocks } from '../../x509/pem.js';

export interface SnpFiles {
  /** The key's certificate (VCEK or VLEK), its ASK and the ARK, among others perhaps. */
  readonly certificates: readonly Uint8Array[];
  /** AMD's CRL, DER or PEM. */
  readonly crl?: Uint8Array;
  /** Microsoft's endorsement of the utility VM, binary or base64. */
  readonly uvm?: Uint8Array;
  /** What HOST_DATA is the SHA-256 of, as it is or in base64. */
  readonly policy?: Uint8Array;
}

/** Throws COCO_ATTESTATION_CHAIN when a certificate is missing or ambiguous, COCO_ATTESTATION_MALFORMED for unreadable ones. */
export function snpEndorsements({ certificates, crl, uvm, policy }: SnpFiles): Endorsements {
  const all = certificates.flatMap((file) => certificatesIn(bare(file)));
  const leaf = only(
    all.filter(({ isCa }) => !isCa),
    'of the key that signed the report (VCEK or VLEK)',
  );
  const ask = only(
    all.filter(
      ({ isCa, subject, issuer }) => isCa && !equalBytes(subject, issuer) && equalBytes(subject, leaf.issuer),
    ),
    'that issued it (ASK)',
  );
  const ark = only(
    all.filter(({ subject, issuer }) => equalBytes(subject, issuer) && equalBytes(subject, ask.issuer)),
    'of the root (ARK)',
  );
  return {
    vcek: leaf.der,
    ask: ask.der,
    ark: ark.der,
    ...(crl === undefined ? {} : { crl: pemBlocks(bare(crl), 'X509 CRL', 1, "AMD's CRL")[0] as Uint8Array }),
    ...(uvm === undefined ? {} : { uvm: bare(uvm) }),
    ...(policy === undefined ? {} : { policy: bare(policy) }),
  };
}

/** Without base64 around it, if there is any. */
function bare(file: Uint8Array): Uint8Array {
  const text = file[0] === 0x30 && file[1] === 0x82 ? undefined : fromUtf8(file);
  const decoded = text === undefined ? undefined : fromBase64(text.replaceAll(/\s/g, ''));
  return decoded === undefined || decoded.length === 0 ? file : decoded;
}

function certificatesIn(file: Uint8Array): readonly X509[] {
  return readCertificates(file[0] === 0x7b ? pemOfJson(file) : file, 'a certificate of AMD');
}

/** '{' begins what Azure's machines give: {"vcekCert": PEM, "certificateChain": PEM, "tcbm": …}. */
function pemOfJson(file: Uint8Array): Uint8Array {
  let value: { readonly vcekCert?: unknown; readonly certificateChain?: unknown } | null = null;
  try {
    value = JSON.parse(fromUtf8(file) ?? '');
  } catch {
    // Refused below.
  }
  const { vcekCert, certificateChain } = value ?? {};
  if (typeof vcekCert !== 'string' || typeof certificateChain !== 'string') {
    throw refused('COCO_ATTESTATION_MALFORMED', 'the JSON has no certificates of AMD in it');
  }
  return utf8(`${vcekCert}\n${certificateChain}`);
}

function only(found: readonly X509[], which: string): X509 {
  const [first, ...more] = found;
  if (first === undefined) {
    throw refused('COCO_ATTESTATION_CHAIN', `the certificate ${which} is not among those given`);
  }
  if (more.some(({ der }) => !equalBytes(der, first.der))) {
    throw refused('COCO_ATTESTATION_CHAIN', `several certificates ${which} are given`);
  }
  return first;
}
