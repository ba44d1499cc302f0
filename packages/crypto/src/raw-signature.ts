/**
 * ECDSA signatures of other makers, in the form that COSE wants (RFC 9053 section 2.1). OpenSSL, cloud key services and
 * most tokens give DER, a SEQUENCE of r and s; PKCS#11 gives r || s.
 */
import { derRead } from './der-read.js';
import { scalarBytes } from './key-material.js';
import type { Curve } from './types.js';

/**
 * `signature`, DER or already raw, as r || s with each number padded to the curve's size; undefined when it is neither.
 * Says nothing about whether the signature is good.
 */
export function rawSignature(curve: Curve, signature: Uint8Array): Uint8Array | undefined {
  const size = scalarBytes[curve];
  const numbers = numbersIn(signature);
  // A raw signature that happens to be good DER of its own length is one in more than 2^32.
  if (numbers === undefined) return signature.length === 2 * size ? signature : undefined;
  const raw = new Uint8Array(2 * size);
  for (const [index, number] of numbers.entries()) {
    const digits = number[0] === 0 ? number.subarray(1) : number;
    if (digits.length > size) return undefined;
    raw.set(digits, (index + 1) * size - digits.length);
  }
  return raw;
}

/** The two numbers of a DER signature. */
function numbersIn(signature: Uint8Array): readonly Uint8Array[] | undefined {
  try {
    const { tag, children } = derRead(signature, { bytesMax: 256, nodesMax: 3 });
    const integers = children.filter((child) => child.tag === 2 && child.content.length > 0);
    if (tag !== 0x30 || children.length !== 2 || integers.length !== 2) return undefined;
    return integers.map(({ content }) => content);
  } catch {
    return undefined;
  }
}
