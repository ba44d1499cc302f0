/**
 * What AMD says in the certificate of a key that signs reports (documents 57230 and 57231), in extensions of its own: the
 * versions of the firmware that the key is derived from, and whose it is. A VCEK belongs to one chip, a VLEK to a cloud.
 */
import { fromUtf8, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { AmdFamily } from '../../types.js';
import { primitive, readDer, smallNumber } from '../../x509/asn1.js';
import type { X509 } from '../../x509/certificate.js';
import { tcbExtensions } from './tcb.js';

const amd = '1.3.6.1.4.1.3704.1';
const productId = `${amd}.2`;
const hwIdId = `${amd}.4`;
const cspIdId = `${amd}.5`;

export interface SnpKey {
  readonly kind: 'vcek' | 'vlek';
  /** VCEK: the chip, 64 bytes, 8 on Turin. */
  readonly hwId?: Uint8Array;
  /** VLEK: the cloud, for example "CN=cc-us-east-2.amazonaws.com". */
  readonly cspId?: string;
  /** The 8 bytes that a report of this key must have as its TCB. */
  readonly tcb: Uint8Array;
}

/** Reads AMD's extensions. Throws COCO_ATTESTATION_CHAIN when it is not the certificate of such a key. */
export function readSnpKey(certificate: X509, family: AmdFamily): SnpKey {
  const { extensions } = certificate;
  const tcb = Uint8Array.from(tcbExtensions[family], (n) => securityVersion(certificate, `${amd}.3.${n}`));
  const hwId = extensions.get(hwIdId)?.value;
  const cspId = extensions.get(cspIdId)?.value;
  if ((hwId === undefined) === (cspId === undefined)) {
    throw notOfAKey(certificate, 'it names neither a chip nor a cloud, or both');
  }
  if (cspId !== undefined) return { kind: 'vlek', cspId: ia5Text(cspId), tcb };
  const raw = hwIdBytes(hwId as Uint8Array);
  const expected = family === 'turin' ? 8 : 64;
  if (raw.length !== expected) {
    throw notOfAKey(certificate, `its chip id has ${raw.length} bytes instead of ${expected}`);
  }
  return { kind: 'vcek', hwId: raw, tcb };
}

/** The name of the product, for example "Milan-B0", or undefined when the certificate has none. */
export function productOf(certificate: X509): string | undefined {
  const value = certificate.extensions.get(productId)?.value;
  return value === undefined ? undefined : ia5Text(value);
}

/** AMD puts the bytes themselves into the extension; some certificates have had an OCTET STRING around them. */
function hwIdBytes(value: Uint8Array): Uint8Array {
  const wrapped =
    (value.length === 66 || value.length === 10) && value[0] === 4 && value[1] === value.length - 2;
  return wrapped ? value.subarray(2) : value;
}

function securityVersion(certificate: X509, id: string): number {
  const value = certificate.extensions.get(id)?.value;
  if (value === undefined) throw notOfAKey(certificate, `it lacks the extension ${id}`);
  const version = smallNumber(readDer(value, 'a version in the certificate'), 'a version in the certificate');
  if (version > 255) throw notOfAKey(certificate, `its extension ${id} is above 255`);
  return version;
}

function ia5Text(value: Uint8Array): string {
  const what = 'a name in the certificate';
  const text = primitive(readDer(value, what), 0x16, what);
  return fromUtf8(text) ?? toHex(text);
}

function notOfAKey({ subjectText }: X509, reason: string): Error {
  return refused(
    'COCO_ATTESTATION_CHAIN',
    `the certificate of ${subjectText} is not that of a key that signs SNP reports: ${reason}`,
    { certificate: subjectText },
  );
}
