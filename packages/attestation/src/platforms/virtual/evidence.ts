/**
 * The evidence of the platform `virtual`: what a process says of itself, signed with its own key. It proves that the
 * holder of that key said it, nothing else, and it takes the same path as what hardware says. COSE_Sign1 (RFC 9052):
 *
 *     protected  = { 1: -7 / -35 (ES256, ES384), 16: "application/vnd.coco.virtual-insecure+cbor" (RFC 9596),
 *                    "spki": bstr (SubjectPublicKeyInfo of the key that signs) }
 *     payload    = { "instance": bstr(16), "registers": { "tree": bstr(32) }, "report_data": bstr(64) }
 */
import { type Curve, cborEncode, coseDecode, coseEncode, cosePrepare } from '@coco/crypto';
import { assert, equalBytes, toHex } from '@coco/primitives';
import { cborItems } from '../../cborItems.js';
import { refused } from '../../refused.js';
import type { Examined, PlatformClaims } from '../../types.js';

export interface VirtualEvidenceInput {
  /** 64 bytes, see runtimeClaims.ts. */
  readonly reportData: Uint8Array;
  /** Digest of the code tree, 32 bytes. */
  readonly tree: Uint8Array;
  /** As in the runtime claims, 16 bytes. */
  readonly instance: Uint8Array;
  /** The node's, SubjectPublicKeyInfo, on P-256 or P-384. */
  readonly publicKeyDer: Uint8Array;
  /** Signs with the node's key: ECDSA with SHA-256 on P-256, SHA-384 on P-384; r || s. */
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
}

/** Makes evidence that proves nothing. */
export function virtualEvidence(input: VirtualEvidenceInput): Uint8Array {
  const { reportData, tree, instance, publicKeyDer, sign } = input;
  const algorithm = algorithmOf(publicKeyDer);
  assert(algorithm !== undefined, 'the key of a node is on P-256 or P-384');
  assert(
    reportData.length === 64 && tree.length === 32 && instance.length === 16,
    'the parts have their lengths',
  );
  const payload = cborEncode(
    new Map<string, unknown>([
      ['instance', instance],
      ['registers', new Map([['tree', tree]])],
      ['report_data', reportData],
    ]),
  );
  const protectedHeader = new Map<unknown, unknown>([
    [typeLabel, mediaType],
    [keyLabel, publicKeyDer],
  ]);
  const { protectedBytes, toBeSigned } = cosePrepare({ protectedHeader, payload, curve: algorithm.curve });
  return coseEncode({
    protectedBytes,
    unprotectedHeader: new Map(),
    payload,
    signature: sign(toBeSigned),
  });
}

/** Reads what `virtualEvidence` made; its one signature is under the key that it names. Throws COCO_ATTESTATION_MALFORMED. */
export function examineVirtual(evidence: Uint8Array): Examined<PlatformClaims> {
  const { protectedBytes, protectedHeader, unprotectedHeader, payload, signature } = decode(evidence);
  const publicKey = protectedHeader.get(keyLabel);
  const algorithm = publicKey instanceof Uint8Array ? algorithmOf(publicKey) : undefined;
  if (!(publicKey instanceof Uint8Array) || algorithm === undefined) {
    throw malformed('its header has no key on P-256 or P-384');
  }
  if (protectedHeader.get(1) !== algorithm.id) throw malformed('its algorithm is not that of its key');
  if (protectedHeader.get(typeLabel) !== mediaType) throw malformed('its header does not name its type');
  if (protectedHeader.size !== 3 || unprotectedHeader.size !== 0)
    throw malformed('it has headers that are unknown');
  if (payload === undefined) throw malformed('its payload is missing');
  const { instance, tree, reportData } = readPayload(payload);
  // The same bytes as the signer hashed: the header as it was, the payload, and nothing else.
  const prepared = cosePrepare({ protectedHeader, payload, curve: algorithm.curve });
  if (!equalBytes(prepared.protectedBytes, protectedBytes))
    throw malformed('its header is not encoded deterministically');
  return {
    claims: {
      platform: 'virtual',
      registers: { tree: toHex(tree) },
      reportData,
      version: 1,
      tcb: { parts: {} },
      advisories: [],
      migratable: false,
      signer: 'node',
      instanceId: toHex(instance),
      validUntilMs: lastTimeMs,
    },
    signatures: [
      {
        what: "the node's signature on its virtual evidence",
        scheme: algorithm.scheme,
        publicKey,
        message: prepared.toBeSigned,
        signature,
      },
    ],
  };
}

const mediaType = 'application/vnd.coco.virtual-insecure+cbor';
const typeLabel = 16;
const keyLabel = 'spki';
const evidenceBytesMax = 1024;

/** Nothing that it rests on ever ends: the last time that ECMAScript can name. */
const lastTimeMs = 8.64e15;

interface Algorithm {
  readonly curve: Curve;
  readonly id: number;
  readonly scheme: 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384';
  readonly prefix: readonly number[];
  readonly length: number;
}

/** SubjectPublicKeyInfo (RFC 5480) of a named curve and an uncompressed point: a fixed prefix, then x and y. */
const algorithms: readonly Algorithm[] = [
  {
    curve: 'P-256',
    id: -7,
    scheme: 'ecdsa-p256-sha256',
    prefix: [
      0x30, 89, 0x30, 19, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7, 3, 66, 0, 4,
    ],
    length: 91,
  },
  {
    curve: 'P-384',
    id: -35,
    scheme: 'ecdsa-p384-sha384',
    prefix: [0x30, 118, 0x30, 16, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 5, 43, 129, 4, 0, 34, 3, 98, 0, 4],
    length: 120,
  },
];

function algorithmOf(publicKeyDer: Uint8Array): Algorithm | undefined {
  return algorithms.find(
    ({ prefix, length }) =>
      publicKeyDer.length === length && prefix.every((byte, index) => publicKeyDer[index] === byte),
  );
}

function decode(evidence: Uint8Array) {
  try {
    return coseDecode(evidence, { bytesMax: evidenceBytesMax, depthMax: 8 });
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it is no COSE_Sign1');
  }
}

function readPayload(payload: Uint8Array) {
  const items = cborItems(payload, 'virtual evidence');
  const read: { instance?: Uint8Array; tree?: Uint8Array; reportData?: Uint8Array } = {};
  items.map(3, (key) => {
    if (key === 'instance') read.instance = sized(items.bytes(16), 16);
    else if (key === 'report_data') read.reportData = sized(items.bytes(64), 64);
    else if (key === 'registers') {
      items.map(1, (register) => {
        if (register !== 'tree') throw malformed(`the register ${JSON.stringify(register)} is unknown`);
        read.tree = sized(items.bytes(32), 32);
      });
    } else throw malformed(`the field ${JSON.stringify(key)} is unknown`);
  });
  items.end();
  const { instance, tree, reportData } = read;
  if (instance === undefined || tree === undefined || reportData === undefined) {
    throw malformed('instance, registers or report_data is missing');
  }
  return { instance, tree, reportData };
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw malformed(`a field of ${length} bytes has ${bytes.length}`);
  return bytes;
}

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `virtual evidence cannot be read: ${reason}`);
}
