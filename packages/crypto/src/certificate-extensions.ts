/**
 * What the extensions of a certificate allow (RFC 5280 section 4.2), read from its DER: the platform tells neither the
 * path length nor the key usage, and ignores critical extensions that nobody understands.
 *
 *     Extension        ::= SEQUENCE { id OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, value OCTET STRING }
 *     BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
 *     KeyUsage         ::= BIT STRING                 ExtKeyUsage ::= SEQUENCE OF OBJECT IDENTIFIER
 */
import { type DerNode, derRead } from './der-read.js';
import type { CertificateExtensions, KeyUsage } from './types.js';

/** The extensions of a certificate in DER. Throws COCO_CRYPTO_DER, or an Error with the reason. */
export function readExtensions(certificateDer: Uint8Array): CertificateExtensions {
  const fields = derRead(certificateDer).children[0]?.children ?? [];
  const seen = new Set<string>();
  const unhandledCritical: string[] = [];
  const read: { -readonly [Key in keyof CertificateExtensions]?: CertificateExtensions[Key] } = {};
  for (const extension of fields.find((field) => field.tag === 0xa3)?.children[0]?.children ?? []) {
    const { id, critical, value } = partsOf(extension);
    if (seen.has(id)) throw new Error(`the extension ${id} occurs twice`);
    seen.add(id);
    if (id === '2.5.29.19') {
      const pathLengthMax = pathLengthOf(derRead(value));
      if (pathLengthMax !== undefined) read.pathLengthMax = pathLengthMax;
    } else if (id === '2.5.29.15') {
      read.keyUsage = keyUsageOf(derRead(value));
    } else if (id === '2.5.29.37') {
      read.extendedKeyUsage = derRead(value).children.map(objectIdText);
    } else if (critical && !understood.has(id)) {
      unhandledCritical.push(id);
    }
  }
  return { ...read, unhandledCritical };
}

/** Names and key identifiers: the platform compares them when it asks who issued what. */
const understood: ReadonlySet<string> = new Set(['2.5.29.14', '2.5.29.17', '2.5.29.35']);

/** By bit, from the left. */
const usages: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
];

function partsOf({ children }: DerNode): { id: string; critical: boolean; value: Uint8Array } {
  const [id, ...rest] = children;
  const value = rest.at(-1);
  if (id === undefined || value?.tag !== 0x04 || rest.length > 2)
    throw new Error('an extension is malformed');
  const flag = rest.length === 2 ? rest[0] : undefined;
  if (flag !== undefined && (flag.tag !== 0x01 || flag.content.length !== 1)) {
    throw new Error('an extension is malformed');
  }
  return {
    id: objectIdText(id),
    critical: flag !== undefined && flag.content[0] !== 0,
    value: value.content,
  };
}

function pathLengthOf({ children }: DerNode): number | undefined {
  const length = children.find((child) => child.tag === 0x02);
  if (length === undefined) return undefined;
  const [first, ...more] = length.content;
  if (first === undefined || first > 127 || more.length > 0) throw new Error('a path length is not 0 to 127');
  return first;
}

function keyUsageOf({ tag, content }: DerNode): readonly KeyUsage[] {
  if (tag !== 0x03 || content.length < 2) throw new Error('the key usage is malformed');
  const bits = content[1] as number;
  return usages.filter((_, index) => (bits & (0x80 >> index)) !== 0);
}

/** Dotted decimals, for example "2.5.29.19" (X.690 section 8.19). */
function objectIdText({ tag, content }: DerNode): string {
  if (tag !== 0x06 || content.length === 0) throw new Error('an object identifier is malformed');
  const parts: bigint[] = [];
  let part = 0n;
  for (const byte of content) {
    part = part * 128n + BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    parts.push(part);
    part = 0n;
  }
  const head = parts[0] ?? 0n;
  const first = head < 80n ? head / 40n : 2n;
  return [first, head - first * 40n, ...parts.slice(1)].join('.');
}
