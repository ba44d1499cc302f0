/**
 * Writes certificates and revocation lists of a synthetic AMD (RFC 5280, RFC 4055), from a description in which everything
 * can be wrong. With the platform's own cryptography, so that what reads them is tested against other code than its own.
 */
import { type KeyObject, sign as signBytes } from 'node:crypto';
import { concatBytes, utf8 } from '@coco/primitives';

/** What to put into a certificate. */
export interface SyntheticCertificate {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  /** The issuer's private key: RSA signs with PSS and SHA-384, P-256 and P-384 with ECDSA. */
  readonly signedBy: KeyObject;
  readonly serial: number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** An authority, which may have this many others below. */
  readonly ca?: { readonly pathLengthMax?: number };
  /** The content of the extension by its identifier, DER. */
  readonly extensions?: readonly (readonly [string, Uint8Array])[];
}

/** A certificate, DER. */
export function syntheticCertificate(input: SyntheticCertificate): Uint8Array {
  const { subject, issuer, publicKey, signedBy, serial, notBeforeMs, notAfterMs, ca } = input;
  const length = ca?.pathLengthMax === undefined ? [] : [integer(ca.pathLengthMax)];
  const extensions = [
    ...(ca === undefined
      ? []
      : [
          extension('2.5.29.19', sequence(boolean(true), ...length), true),
          // keyCertSign and cRLSign.
          extension('2.5.29.15', element(0x03, Uint8Array.of(1, 0x06)), true),
        ]),
    ...(input.extensions ?? []).map(([id, value]) => extension(id, value, false)),
  ];
  const tbs = sequence(
    element(0xa0, integer(2)),
    integer(serial),
    algorithmOf(signedBy),
    name(issuer),
    sequence(time(notBeforeMs), time(notAfterMs)),
    name(subject),
    new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    ...(extensions.length === 0 ? [] : [element(0xa3, sequence(...extensions))]),
  );
  return signed(tbs, signedBy);
}

/** What to put into a revocation list. */
export interface SyntheticCrl {
  readonly issuer: string;
  readonly signedBy: KeyObject;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** Serial numbers. */
  readonly revoked: readonly number[];
}

/** A revocation list of version 2 with its number, DER. */
export function syntheticCrl(input: SyntheticCrl): Uint8Array {
  const { issuer, signedBy, thisUpdateMs, nextUpdateMs, revoked } = input;
  const entries = revoked.map((serial) => sequence(integer(serial), time(thisUpdateMs)));
  const tbs = sequence(
    integer(1),
    algorithmOf(signedBy),
    name(issuer),
    time(thisUpdateMs),
    time(nextUpdateMs),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    element(0xa0, sequence(extension('2.5.29.20', integer(1), false))),
  );
  return signed(tbs, signedBy);
}

/** The signature of `key` as certificates have it; ECDSA in DER. */
export function signatureBy(key: KeyObject, message: Uint8Array): Uint8Array {
  if (key.asymmetricKeyType === 'rsa') {
    return new Uint8Array(signBytes('sha384', message, { key, padding: 6, saltLength: 48 }));
  }
  const hash = key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'sha256' : 'sha384';
  return new Uint8Array(signBytes(hash, message, key));
}

/** An INTEGER that is not negative. */
export function integer(value: number): Uint8Array {
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return element(0x02, ...((digits[0] as number) >= 0x80 ? [Uint8Array.of(0)] : []), new Uint8Array(digits));
}

/** An IA5String. */
export function ia5(text: string): Uint8Array {
  return element(0x16, utf8(text));
}

/** A SEQUENCE of OBJECT IDENTIFIERs, as extended key usage has it. */
export function objectIds(...ids: readonly string[]): Uint8Array {
  return sequence(...ids.map(objectId));
}

function signed(tbs: Uint8Array, key: KeyObject): Uint8Array {
  const signature = element(0x03, Uint8Array.of(0), signatureBy(key, tbs));
  return sequence(tbs, algorithmOf(key), signature);
}

/** The algorithm that a key signs with; for RSA all of RSASSA-PSS-params (RFC 4055 section 3.1). */
function algorithmOf(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== 'rsa') {
    const p256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return sequence(objectId(p256 ? '1.2.840.10045.4.3.2' : '1.2.840.10045.4.3.3'));
  }
  const sha384 = sequence(objectId('2.16.840.1.101.3.4.2.2'), Uint8Array.of(5, 0));
  const mask = sequence(objectId('1.2.840.113549.1.1.8'), sha384);
  const parameters = [sha384, mask, integer(48), integer(1)].map((part, index) =>
    element(0xa0 + index, part),
  );
  return sequence(objectId('1.2.840.113549.1.1.10'), sequence(...parameters));
}

function extension(id: string, value: Uint8Array, critical: boolean): Uint8Array {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), element(0x04, value));
}

/** A Name. */
export function name(commonName: string): Uint8Array {
  const attribute = (id: string, text: string) =>
    element(0x31, sequence(objectId(id), element(0x0c, utf8(text))));
  return sequence(attribute('2.5.4.10', 'Synthetic, for tests alone'), attribute('2.5.4.3', commonName));
}

function time(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  return digits < '2050' ? element(0x17, utf8(`${digits.slice(2)}Z`)) : element(0x18, utf8(`${digits}Z`));
}

function boolean(value: boolean): Uint8Array {
  return element(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** An OBJECT IDENTIFIER. */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = rest.flatMap((arc) => {
    const bytes = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      bytes.unshift((left % 128) + 128);
    }
    return bytes;
  });
  return element(0x06, Uint8Array.of(first * 40 + second, ...arcs));
}

/** A SEQUENCE. */
export function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...contents);
}

/** One element: `tag`, length, and the contents one after the other. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return concatBytes(Uint8Array.of(tag, ...head), content);
}
