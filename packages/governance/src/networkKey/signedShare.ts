/**
 * A share on its way from a dealer to a recipient: signed by the node that dealt, so that a bad one can be shown to everybody, and
 * then sealed (HPKE, RFC 9180) to each of the recipient's share keys. Deterministic CBOR:
 *
 *     ["coco-signed-share-v1", share (bytes of keepDealtShare), node id, signature (r ‖ s, over the share's bytes)]
 *
 * The share's bytes say by themselves what they are: no other signature of a node can be taken for one of these.
 */
import {
  cborDecode,
  cborEncode,
  type DealtShare,
  dealtShareFrom,
  eraseDealtShare,
  publicKeyFromPem,
  verifyRaw,
} from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, concatBytes, fromHex, type NodeId, utf8 } from '@coco/primitives';
import { readNode } from '../nodeRow.js';
import { readObject } from '../rows.js';
import { governanceTables } from '../tables.js';

/** `bytes` are those of `keepDealtShare`; `sign` is the node's. */
export function signShare(
  bytes: Uint8Array,
  nodeId: NodeId,
  sign: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  return cborEncode([kind, bytes, nodeId, sign(bytes)]);
}

export interface SignedShare {
  readonly share: DealtShare;
  /** What its maker signed, or did not: see `isSignedBy`. */
  readonly signed: Uint8Array;
  readonly nodeId: NodeId;
  readonly signature: Uint8Array;
}

/** Undefined when there is no share in `bytes`. Says nothing of the signature. */
export function decodeSignedShare(bytes: Uint8Array): SignedShare | undefined {
  if (bytes.length > signedShareBytesMax) return undefined;
  try {
    const items = cborDecode(bytes, { bytesMax: signedShareBytesMax, depthMax: 2 });
    if (!Array.isArray(items) || items.length !== 4 || items[0] !== kind) return undefined;
    const [, signed, nodeId, signature] = items;
    if (!(signed instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined;
    return typeof nodeId === 'string'
      ? { share: dealtShareFrom(signed), signed, nodeId, signature }
      : undefined;
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

/** Whether node `nodeId` signed it, as the list of nodes says. */
export function isSignedBy(reader: Reader, nodeId: NodeId, share: SignedShare): boolean {
  if (share.nodeId !== nodeId) return false;
  const read = readNode(reader, nodeId, readObject(reader, governanceTables.nodeInfo, nodeId));
  if ('malformed' in read) return false;
  const key = publicKeyFromPem(read.node.publicKeyPem);
  return verifyRaw(key, share.signed, share.signature, { hash: hashes[key.curve] });
}

/** Wipes what was opened. */
export function eraseSignedShare({ share, signed }: SignedShare): void {
  eraseDealtShare(share);
  signed.fill(0);
}

/** For what it is sealed, and what is authenticated with it: the digest of the ceremony (hex) and the recipient's key (hex). */
export function shareSealing(ceremony: string, shareKey: string): { info: Uint8Array; aad: Uint8Array } {
  return { info: sealInfo, aad: concatBytes(fromHex(ceremony) ?? none, fromHex(shareKey) ?? none) };
}

/** The longest has about 370 bytes: with a signature on P-521. */
export const signedShareBytesMax = 512;

/** Sealing adds 48 bytes. */
export const sealedShareBytesMax = signedShareBytesMax + 48;

const hashes = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const;
const kind = 'coco-signed-share-v1';
const sealInfo = utf8('coco key share');
const none = new Uint8Array(0);
