/**
 * COSE_Sign1 (RFC 9052 section 4.2) with ECDSA (RFC 9053 section 2.1): the curve decides the algorithm, the protected
 * header must say the same.
 *
 *     COSE_Sign1    = 18([ protected: bstr .cbor map, unprotected: map, payload: bstr / null, signature: bstr ])
 *     signed bytes  = CBOR [ "Signature1", protected, external_aad: h'', payload ]
 */
import { ByteWriter, CocoError } from '@coco/primitives';
import { type CborLimits, cborDecode, cborEncode, isCborTag } from './cbor.js';
import { type SignatureHash, signRaw, verifyRaw } from './signature.js';
import type { CoseSign1, Curve, PrivateKey, PublicKey } from './types.js';

/** What to sign. */
export interface CoseSign1Input {
  /** Without algorithm (label 1), which the key's curve decides. */
  readonly protectedHeader: ReadonlyMap<unknown, unknown>;
  /** Not covered by the signature. Default empty. */
  readonly unprotectedHeader?: ReadonlyMap<unknown, unknown>;
  readonly payload: Uint8Array;
  /** Leave the payload out of the message; who verifies must have it. Default false. */
  readonly detached?: boolean;
  readonly key: PrivateKey;
}

const algorithmLabel = 1;
const criticalLabel = 2;
const sign1Tag = 18;
const nothing = new Uint8Array(0);

const algorithmOf: Readonly<Record<Curve, { readonly id: number; readonly hash: SignatureHash }>> = {
  'P-256': { id: -7, hash: 'sha256' },
  'P-384': { id: -35, hash: 'sha384' },
  'P-521': { id: -36, hash: 'sha512' },
};

/** Signs `payload` and gives the tagged message, deterministically encoded. */
export function coseSign1(input: CoseSign1Input): Uint8Array {
  const unprotectedHeader = input.unprotectedHeader ?? new Map();
  const { protectedBytes, toBeSigned } = cosePrepare({ ...input, curve: input.key.curve });
  const signature = signRaw(input.key, toBeSigned, { hash: algorithmOf[input.key.curve].hash });
  const payload = input.detached === true ? {} : { payload: input.payload };
  return coseEncode({ protectedBytes, unprotectedHeader, signature, ...payload });
}

/** What to sign elsewhere: by a machine without network, an HSM, a key service. */
export type CosePrepareInput = Omit<CoseSign1Input, 'key' | 'detached'> & {
  /** Of the key that will sign: it decides the algorithm, and the hash. */
  readonly curve: Curve;
};

/**
 * The protected header, deterministically encoded, and the bytes to be signed (RFC 9052, section 4.4): with ECDSA and
 * SHA-256, SHA-384 or SHA-512 as the curve is P-256, P-384 or P-521. `coseEncode` puts the message together.
 */
export function cosePrepare(input: CosePrepareInput): {
  readonly protectedBytes: Uint8Array;
  readonly toBeSigned: Uint8Array;
} {
  const algorithm = algorithmOf[input.curve];
  const header = new Map(input.protectedHeader);
  if ((header.get(algorithmLabel) ?? algorithm.id) !== algorithm.id) {
    throw malformed('the protected header names another algorithm than that of the key');
  }
  header.set(algorithmLabel, algorithm.id);
  assertDisjoint(header, input.unprotectedHeader ?? new Map());
  const protectedBytes = cborEncode(header);
  return { protectedBytes, toBeSigned: signedBytes(protectedBytes, input.payload) };
}

/** The tagged message of these parts, deterministically encoded. */
export function coseEncode(message: Omit<CoseSign1, 'protectedHeader'>): Uint8Array {
  const { protectedBytes, unprotectedHeader, payload, signature } = message;
  const writer = new ByteWriter().u8(0xc0 | sign1Tag).u8(arrayOfFour);
  writeBytes(writer, protectedBytes);
  writer.raw(unprotectedHeader.size === 0 ? emptyMap : cborEncode(unprotectedHeader));
  if (payload === undefined) writer.u8(cborNull);
  else writeBytes(writer, payload);
  return writeBytes(writer, signature).finish();
}

/** Reads a tagged COSE_Sign1. Throws COCO_CRYPTO_CBOR or COCO_CRYPTO_COSE. The signature is not yet checked. */
export function coseDecode(bytes: Uint8Array, limits: CborLimits = {}): CoseSign1 {
  const message = cborDecode(bytes, limits);
  if (!isCborTag(message) || message.tag !== sign1Tag)
    throw malformed('the message is not tagged as COSE_Sign1');
  if (!Array.isArray(message.contents) || message.contents.length !== 4) {
    throw malformed('a COSE_Sign1 has four parts');
  }
  const [protectedBytes, unprotectedHeader, payload, signature] = message.contents as unknown[];
  if (!(protectedBytes instanceof Uint8Array)) throw malformed('the protected header is not a byte string');
  if (!(unprotectedHeader instanceof Map)) throw malformed('the unprotected header is not a map');
  if (payload !== null && !(payload instanceof Uint8Array))
    throw malformed('the payload is not a byte string');
  if (!(signature instanceof Uint8Array)) throw malformed('the signature is not a byte string');
  const protectedHeader = protectedBytes.length === 0 ? new Map() : cborDecode(protectedBytes, limits);
  if (!(protectedHeader instanceof Map)) throw malformed('the protected header is not a map');
  assertDisjoint(protectedHeader, unprotectedHeader);
  const parts = { protectedBytes, protectedHeader, unprotectedHeader, signature };
  return payload === null ? parts : { ...parts, payload };
}

/**
 * True when `message` is signed by `key`. A detached payload must be handed in, an attached one must not. False,
 * too, when the protected header names no algorithm or another one than that of the key's curve, or demands the
 * understanding of anything ("crit").
 */
export function coseVerify(message: CoseSign1, key: PublicKey, detachedPayload?: Uint8Array): boolean {
  const algorithm = algorithmOf[key.curve];
  if (message.protectedHeader.get(algorithmLabel) !== algorithm.id) return false;
  if (message.protectedHeader.has(criticalLabel)) return false;
  if ((message.payload === undefined) === (detachedPayload === undefined)) return false;
  const payload = message.payload ?? (detachedPayload as Uint8Array);
  const signed = signedBytes(message.protectedBytes, payload);
  return verifyRaw(key, signed, message.signature, { hash: algorithm.hash });
}

function signedBytes(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter().u8(arrayOfFour).raw(signature1);
  writeBytes(writer, protectedBytes);
  writeBytes(writer, nothing);
  return writeBytes(writer, payload).finish();
}

// These two shapes are of fixed items and byte strings, and are written several times for each batch of transactions:
// here rather than by the general encoder, which takes many times as long for them.

const arrayOfFour = 0x84;
const cborNull = 0xf6;
const emptyMap = Uint8Array.of(0xa0);
const signature1 = cborEncode('Signature1');

/** A byte string with its shortest length (RFC 8949, section 4.2.1). */
function writeBytes(writer: ByteWriter, bytes: Uint8Array): ByteWriter {
  const { length } = bytes;
  if (length < 24) writer.u8(0x40 | length);
  else if (length < 2 ** 8) writer.u8(0x58).u8(length);
  else if (length < 2 ** 16)
    writer
      .u8(0x59)
      .u8(length >> 8)
      .u8(length & 0xff);
  else writer.u8(0x5a).raw(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length));
  return writer.raw(bytes);
}

function assertDisjoint(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): void {
  for (const label of b.keys()) {
    if (a.has(label)) throw malformed('a label occurs in both headers');
  }
}

function malformed(reason: string): CocoError {
  return new CocoError('COCO_CRYPTO_COSE', `not a usable COSE_Sign1: ${reason}`);
}
