/**
 * PEM (RFC 7468) of one kind: blocks in the order they are written, ends of lines between them and nothing else
 * (no spaces: a changed bit makes one of the zero that ends a C string).
 */
import { fromBase64, fromUtf8 } from '@coco/primitives';
import { malformed } from './asn1.js';

/**
 * What the blocks with `label` hold. DER (it begins with a SEQUENCE) is taken as one block. Throws COCO_ATTESTATION_MALFORMED
 * when there is none, more than `countMax`, or anything else.
 */
export function pemBlocks(
  pemOrDer: Uint8Array,
  label: 'CERTIFICATE' | 'X509 CRL',
  countMax: number,
  what: string,
): readonly Uint8Array[] {
  if (pemOrDer[0] === 0x30) return [pemOrDer];
  const text = fromUtf8(pemOrDer) ?? '';
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Uint8Array[] = [];
  for (let at = skipLines(text, 0); at < text.length; ) {
    const endAt = text.indexOf(end, at);
    if (!text.startsWith(begin, at) || endAt < 0) throw malformed(what, 'it is neither DER nor PEM');
    if (blocks.length === countMax) throw malformed(what, `it has more than ${countMax} of ${label}`);
    const block = fromBase64(text.slice(at + begin.length, endAt).replaceAll(/[\r\n]/g, ''));
    if (block === undefined) throw malformed(what, 'a PEM block is not in base64');
    blocks.push(block);
    at = skipLines(text, endAt + end.length);
  }
  if (blocks.length === 0) throw malformed(what, 'it is neither DER nor PEM');
  return blocks;
}

function skipLines(text: string, from: number): number {
  let at = from;
  while (at < text.length && '\r\n'.includes(text.charAt(at))) at++;
  return at;
}
