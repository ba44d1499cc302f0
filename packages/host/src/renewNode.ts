/**
 * Fresh certificates for nodes that take part, for the time that members decided on.
 */
import { type Certificate, type PrivateKey, publicKeyFromPem } from '@coco/crypto';
import type { NodeView } from '@coco/governance';
import { CocoError } from '@coco/primitives';
import type { EndorseNode } from '@coco/replica';
import { dayMs, endorseNode } from './nodeCertificate.js';

/** What X.509 can say. */
const lastMs = Date.UTC(9999, 11, 31);

export interface RenewalOptions {
  readonly service: { readonly key: PrivateKey; readonly certificate: Certificate };
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * COCO_HOST_CERTIFICATE_TIME when the time is none, or when the certificate would not hold now: a node that took it up could
 * not be reached any more.
 */
export function certificateRenewal({ service, nowMs }: RenewalOptions): EndorseNode {
  return (node, { validFrom, validityDays }) => {
    const fromMs = timeOf(validFrom);
    const endMs = fromMs + validityDays * dayMs;
    if (endMs > lastMs) throw refused('it would end after the year 9999', node);
    const now = nowMs();
    if (fromMs > now)
      throw refused(`${validFrom} has not come yet, and nodes use a certificate at once`, node);
    if (endMs <= now) throw refused('it would have ended already', node);
    const addresses = [node.applicationAddress, node.administrativeAddress, node.peerAddress];
    const publicKey = publicKeyFromPem(node.publicKeyPem);
    return endorseNode({ publicKey, addresses, days: validityDays, nowMs: fromMs, service }).pem;
  };
}

/** ISO 8601, UTC where it says nothing else; or an ASN.1 time: [YY]YYMMDDhhmmssZ. */
function timeOf(text: string): number {
  const asn1 = /^(\d{2})?(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes(':') ? text : `${text}Z`;
  const ms = Date.parse(asn1 === null ? zoned.replace(' ', 'T') : isoOf(asn1.slice(1)));
  if (Number.isNaN(ms)) {
    throw new CocoError('COCO_HOST_CERTIFICATE_TIME', `"${text.slice(0, 40)}" is not a time`);
  }
  return ms;
}

/** Two digits of a year mean 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
function isoOf([century, year, month, day, hour, minute, second]: readonly (string | undefined)[]): string {
  const full = `${century ?? (Number(year) < 50 ? '20' : '19')}${year}`;
  return `${full}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

function refused(why: string, { nodeId }: NodeView): CocoError {
  return new CocoError('COCO_HOST_CERTIFICATE_TIME', why, { nodeId });
}
