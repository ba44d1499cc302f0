/**
 * A public RSA key as JSON has it (RFC 7518, section 6.3.1), in the form in which signatures are checked: DER of
 * SubjectPublicKeyInfo (RFC 3279, section 2.3.1).
 */
import { concatBytes, fromBase64 } from '@coco/primitives';

/**
 * SubjectPublicKeyInfo of modulus `n` and exponent `e`, both base64url. Undefined when the modulus has not 2048 to 4096
 * bits, or the exponent is not 65537.
 */
export function rsaPublicKey(n: string, e: string): Uint8Array | undefined {
  const modulus = n.length <= modulusTextMax ? fromBase64Url(n) : undefined;
  if (e !== exponent65537 || modulus === undefined) return undefined;
  const isInRange = modulus.length >= 256 && modulus.length <= 512 && (modulus[0] as number) >= 0x80;
  if (!isInRange) return undefined;
  // The modulus has its highest bit set: a zero keeps the INTEGER positive.
  const numbers = sequence(element(0x02, Uint8Array.of(0), modulus), element(0x02, Uint8Array.of(1, 0, 1)));
  return sequence(rsaEncryption, element(0x03, Uint8Array.of(0), numbers));
}

const exponent65537 = 'AQAB';
const modulusTextMax = 700;

/** SEQUENCE { 1.2.840.113549.1.1.1, NULL } */
const rsaEncryption = Uint8Array.of(0x30, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0);

const sequence = (...contents: readonly Uint8Array[]) => element(0x30, ...contents);

/** One element of DER, of less than 65,536 bytes. */
function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  const { length } = content;
  const lengthBytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...lengthBytes), content);
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
}
