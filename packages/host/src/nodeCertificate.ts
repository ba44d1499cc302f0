/**
 * Certificates of nodes: the one that a node gives itself, to show while it joins, and the one that the service gives it.
 */
import {
  type Certificate,
  type CertificateIssuer,
  type CertificateRequest,
  issueCertificate,
  type PrivateKey,
  type PublicKey,
  randomBytes,
} from '@coco/crypto';
import { parseAddress } from './address.js';

/** Milliseconds of a day. */
export const dayMs = 86_400_000;
/** Clocks of nodes may differ by this much. */
const earlierMs = 3_600_000;
const selfSignedDays = 365;

/** A certificate of `key` by itself, with `extensions` besides what is in every certificate of a node. */
export function selfSignedNodeCertificate(
  key: PrivateKey,
  nowMs: number,
  extensions: NonNullable<CertificateRequest['extensions']> = [],
): Certificate {
  const about = { publicKey: key.publicKey, addresses: [], days: selfSignedDays, nowMs, extensions };
  return issue(about, { key, subjectCommonName: 'Coco node' });
}

export interface EndorseOptions {
  readonly publicKey: PublicKey;
  /** Where the node is reached: `host:port`. */
  readonly addresses: readonly string[];
  readonly days: number;
  readonly nowMs: number;
  readonly service: { readonly key: PrivateKey; readonly certificate: Certificate };
}

/** A certificate of a node by its service. */
export function endorseNode({ service, ...about }: EndorseOptions): Certificate {
  return issue(about, service);
}

interface About extends Omit<EndorseOptions, 'service'>, Pick<CertificateRequest, 'extensions'> {}

function issue(
  { publicKey, addresses, days, nowMs, extensions = [] }: About,
  issuer: CertificateIssuer,
): Certificate {
  const hosts = new Set(addresses.flatMap((address) => parseAddress(address)?.host ?? []));
  const isIp = (host: string): boolean => host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  const subjectAltNames = [...hosts].map((host) => (isIp(host) ? { ip: host } : { dns: host }));
  return issueCertificate(
    {
      subjectCommonName: 'Coco node',
      publicKey,
      notBeforeMs: nowMs - earlierMs,
      notAfterMs: nowMs + days * dayMs,
      isCa: false,
      ...(subjectAltNames.length > 0 && { subjectAltNames }),
      extensions,
      serialNumber: randomBytes(16),
    },
    issuer,
  );
}
