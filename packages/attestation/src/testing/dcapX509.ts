/**
 * Writes certificates and revocation lists (RFC 5280) of a synthetic vendor, from a description in which everything can be wrong.
 * With the platform's own cryptography, so that what reads them is tested against other code than its own.
 */
import { constants, createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { concatBytes, utf8 } from '@coco/primitives';

/** An extension: identifier, content (DER), critical. */
export type SyntheticExtension = readonly [id: string, value: Uint8Array, critical?: boolean];

export interface SyntheticX509 {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  /** Public or private. */
  readonly key: KeyObject;
  /** The issuer's private key. */
  readonly signedBy: KeyObject;
  /** Unsigned, big-endian. */
  readonly serial: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** An authority: basic constraints, and a key for certificates and lists. */
  readonly ca?: boolean;
  readonly pathLengthMax?: number;
  /** The bits of the first byte, for example 0x06 for certificates and lists; null: no such extension. */
  readonly keyUsage?: number | null;
  readonly extensions?: readonly SyntheticExtension[];
  /** Default: ECDSA with the hash of the curve, RSASSA-PSS with SHA-384. */
  readonly algorithm?: SyntheticAlgorithm;
  /** Changes the fields of what is signed, before it is. */
  readonly bend?: (fields: Uint8Array[]) => readonly Uint8Array[];
}

export type SyntheticAlgorithm = 'ecdsa' | `pss-sha${256 | 384 | 512}` | `pkcs1-sha${256 | 384 | 512}`;

/** A certificate of version 3, DER. */
export function syntheticX509(input: SyntheticX509): Uint8Array {
  const { subject, issuer, key, signedBy, serial, notBeforeMs, notAfterMs, ca, pathLengthMax } = input;
  const algorithm = algorithmOf(input.algorithm ?? usual(signedBy), signedBy);
  const keyUsage = input.keyUsage === undefined ? (ca ? 0x06 : 0xc0) : input.keyUsage;
  const constraints = [
    ...(ca ? [boolean(true)] : []),
    ...(ca && pathLengthMax !== undefined ? [integer(pathLengthMax)] : []),
  ];
  const extensions: SyntheticExtension[] = [
    ['2.5.29.19', sequence(...constraints), true],
    ...(keyUsage === null ? [] : [['2.5.29.15', keyUsageBits(keyUsage), true] as const]),
    ...(input.extensions ?? []),
  ];
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const fields = [
    element(0xa0, integer(2)),
    unsigned(serial),
    algorithm.identifier,
    name(issuer),
    sequence(time(notBeforeMs), time(notAfterMs)),
    name(subject),
    new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    element(0xa3, extensionList(extensions)),
  ];
  return signed(sequence(...(input.bend?.(fields) ?? fields)), algorithm);
}

export interface SyntheticList {
  readonly issuer: string;
  readonly signedBy: KeyObject;
  readonly thisUpdateMs: number;
  /** Null: none. */
  readonly nextUpdateMs: number | null;
  /** Serial numbers. */
  readonly revoked: readonly Uint8Array[];
  readonly extensions?: readonly SyntheticExtension[];
  /** Of every entry. */
  readonly entryExtensions?: readonly SyntheticExtension[];
  readonly algorithm?: SyntheticAlgorithm;
  readonly bend?: (fields: Uint8Array[]) => readonly Uint8Array[];
}

/** A revocation list of version 2 with its number, DER. */
export function syntheticList(input: SyntheticList): Uint8Array {
  const { issuer, signedBy, thisUpdateMs, nextUpdateMs, revoked, entryExtensions = [] } = input;
  const algorithm = algorithmOf(input.algorithm ?? usual(signedBy), signedBy);
  const ofEntry = entryExtensions.length === 0 ? [] : [extensionList(entryExtensions)];
  const entries = revoked.map((serial) => sequence(unsigned(serial), time(thisUpdateMs), ...ofEntry));
  const fields = [
    integer(1),
    algorithm.identifier,
    name(issuer),
    time(thisUpdateMs),
    ...(nextUpdateMs === null ? [] : [time(nextUpdateMs)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    element(0xa0, extensionList([['2.5.29.20', integer(1)], ...(input.extensions ?? [])])),
  ];
  return signed(sequence(...(input.bend?.(fields) ?? fields)), algorithm);
}

/** PEM blocks, one after the other. */
export function pem(label: string, ...ders: readonly Uint8Array[]): string {
  const block = (der: Uint8Array): string => {
    const lines =
      Buffer.from(der)
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
  };
  return ders.map(block).join('');
}

/** SHA-256 of the public key, as roots are pinned. */
export function keyDigest(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}

/** An INTEGER from 0 to 2^31 - 1. */
export function integer(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return unsigned(bytes);
}

/** An INTEGER of big-endian digits. */
export function unsigned(digits: Uint8Array): Uint8Array {
  let start = 0;
  while (start < digits.length - 1 && digits[start] === 0) start++;
  const rest = digits.subarray(start);
  return element(0x02, new Uint8Array((rest[0] ?? 0x80) >= 0x80 ? 1 : 0), rest);
}

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

/** UTCTime until 2049, GeneralizedTime from 2050. */
export function time(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  return digits < '2050' ? element(0x17, utf8(`${digits.slice(2)}Z`)) : element(0x18, utf8(`${digits}Z`));
}

export function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...contents);
}

export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  const { length } = content;
  const long = [length >> 16, (length >> 8) & 255, length & 255];
  const digits = length < 256 ? long.slice(2) : length < 65536 ? long.slice(1) : long;
  const head = length < 128 ? [length] : [0x80 + digits.length, ...digits];
  return concatBytes(Uint8Array.of(tag, ...head), content);
}

interface Algorithm {
  readonly identifier: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

function usual(key: KeyObject): SyntheticAlgorithm {
  return key.asymmetricKeyType === 'rsa' ? 'pss-sha384' : 'ecdsa';
}

function algorithmOf(name: SyntheticAlgorithm, key: KeyObject): Algorithm {
  if (name === 'ecdsa') {
    const p256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return {
      identifier: sequence(objectId(`1.2.840.10045.4.3.${p256 ? 2 : 3}`)),
      sign: (message) => new Uint8Array(sign(p256 ? 'sha256' : 'sha384', message, key)),
    };
  }
  const [padding, hash = ''] = name.split('-');
  const index = ['sha256', 'sha384', 'sha512'].indexOf(hash);
  if (padding === 'pkcs1') {
    return {
      identifier: sequence(objectId(`1.2.840.113549.1.1.${11 + index}`), Uint8Array.of(5, 0)),
      sign: (message) => new Uint8Array(sign(hash, message, key)),
    };
  }
  const saltLength = 32 + 16 * index;
  return {
    identifier: pssIdentifier(index + 1, index + 1, saltLength),
    sign: (message) =>
      new Uint8Array(sign(hash, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })),
  };
}

/** RSASSA-PSS (RFC 4055): hash, hash of MGF1 (1 SHA-256, 2 SHA-384, 3 SHA-512), length of the salt. */
export function pssIdentifier(hash: number, maskHash: number, saltLength: number): Uint8Array {
  const hashOf = (index: number) => sequence(objectId(`2.16.840.1.101.3.4.2.${index}`), Uint8Array.of(5, 0));
  const mask = sequence(objectId('1.2.840.113549.1.1.8'), hashOf(maskHash));
  const parameters = [hashOf(hash), mask, integer(saltLength)];
  return sequence(
    objectId('1.2.840.113549.1.1.10'),
    sequence(...parameters.map((part, index) => element(0xa0 + index, part))),
  );
}

function signed(tbs: Uint8Array, { identifier, sign }: Algorithm): Uint8Array {
  return sequence(tbs, identifier, element(0x03, Uint8Array.of(0), sign(tbs)));
}

function extensionList(extensions: readonly SyntheticExtension[]): Uint8Array {
  return sequence(
    ...extensions.map(([id, value, critical]) =>
      sequence(objectId(id), ...(critical ? [boolean(true)] : []), element(0x04, value)),
    ),
  );
}

function keyUsageBits(byte: number): Uint8Array {
  const unused = [...byte.toString(2).padStart(8, '0')].reverse().indexOf('1');
  return element(0x03, Uint8Array.of(Math.max(0, unused), byte));
}

function name(commonName: string): Uint8Array {
  const attribute = (id: string, text: string) =>
    element(0x31, sequence(objectId(id), element(0x0c, utf8(text))));
  return sequence(attribute('2.5.4.3', commonName), attribute('2.5.4.10', 'Synthetic, for tests alone'));
}

function boolean(value: boolean): Uint8Array {
  return element(0x01, Uint8Array.of(value ? 0xff : 0));
}
