/**
 * Checks JSON receipts offline. Pure, and strict about the form: a receipt has one text, so that no bit of it can
 * be changed unnoticed.
 */
import {
  type Certificate,
  isIssuedBy,
  parseCertificate,
  sha256,
  verifyDer,
  verifyPrehash,
} from '@coco/crypto';
import { concatBytes, fromBase64, fromHex, type NodeId, parseTxId, type TxId, utf8 } from '@coco/primitives';
import type { ProofStep } from './merkle.js';

/** What a receipt proves, or why it proves nothing. */
export type ReceiptVerdict =
  | {
      readonly valid: true;
      /** The Merkle root that was signed. */
      readonly root: Uint8Array;
      /** Which node signed. */
      readonly nodeId: NodeId;
      /** The transaction; absent on the receipt of a signature transaction, which names only its root. */
      readonly txId?: TxId;
      /** What the transaction claims, 32 zero bytes if nothing; absent together with `txId`. */
      readonly claimsDigest?: Uint8Array;
    }
  | { readonly valid: false; readonly reason: string };

/**
 * Checks a receipt, parsed JSON from anywhere, against the certificate of the service that is trusted. Validity
 * times of certificates are not looked at.
 */
export function verifyReceipt(receipt: unknown, serviceCertificate: Certificate): ReceiptVerdict {
  try {
    return check(receipt, serviceCertificate);
  } catch (error) {
    if (error instanceof Refusal) return { valid: false, reason: error.message };
    throw error;
  }
}

/** More steps than a tree of 2^53 leaves has are no proof. */
const stepsMax = 53;
const endorsementsMax = 64;

function check(receipt: unknown, serviceCertificate: Certificate): ReceiptVerdict {
  const fields = record(receipt, 'the receipt', [
    'signature',
    'cert',
    'node_id',
    'proof',
    'leaf',
    'leaf_components',
    'service_endorsements',
  ]);
  const certificate = checkChain(fields, serviceCertificate);
  const leaf = readLeaf(fields);
  const steps = readProof(fields.proof);
  if (leaf.txId === undefined && steps.length > 0) throw new Refusal('a signed root needs no proof');
  const { root, preimage } = foldProof(leaf.hash, steps);
  const signature = fromBase64(text(fields.signature, 'the signature'));
  if (signature === undefined) throw new Refusal('the signature is not base64');
  const { publicKey } = certificate;
  const good =
    preimage === undefined
      ? verifyPrehash(publicKey, root, signature)
      : verifyDer(publicKey, preimage, signature);
  if (!good) throw new Refusal('the signature is not that of the node over the Merkle root');
  const { txId, claimsDigest } = leaf;
  return {
    valid: true,
    root,
    nodeId: publicKey.fingerprint,
    ...(txId !== undefined && { txId }),
    ...(claimsDigest !== undefined && { claimsDigest }),
  };
}

/** The node's certificate, which leads to the service's, over endorsements of earlier service identities if any. */
function checkChain(fields: Record<string, unknown>, service: Certificate): Certificate {
  const node = certificateOf(fields.cert, 'the certificate of the node');
  if (node.publicKey.fingerprint !== text(fields.node_id, 'node_id')) {
    throw new Refusal('the certificate is not that of the node');
  }
  const endorsements = fields.service_endorsements ?? [];
  if (!Array.isArray(endorsements) || endorsements.length > endorsementsMax) {
    throw new Refusal('the endorsements of the service are not a short list');
  }
  let endorsed = node;
  for (const pem of endorsements) {
    const issuer = certificateOf(pem, 'an endorsement of the service');
    if (!isIssuedBy(endorsed, issuer)) throw new Refusal('the certificates are not a chain');
    endorsed = issuer;
  }
  if (!isIssuedBy(endorsed, service)) throw new Refusal('the certificate was not issued by the service');
  return node;
}

function certificateOf(value: unknown, what: string): Certificate {
  const pem = text(value, what);
  let certificate: Certificate;
  try {
    certificate = parseCertificate(pem);
  } catch {
    throw new Refusal(`${what} cannot be read`);
  }
  if (certificate.pem !== pem) throw new Refusal(`${what} is not canonical PEM`);
  return certificate;
}

interface Leaf {
  readonly hash: Uint8Array;
  readonly txId?: TxId;
  readonly claimsDigest?: Uint8Array;
}

function readLeaf(fields: Record<string, unknown>): Leaf {
  if ((fields.leaf === undefined) === (fields.leaf_components === undefined)) {
    throw new Refusal('the receipt must have either a leaf or its components');
  }
  if (fields.leaf !== undefined) return { hash: hash(fields.leaf, 'the leaf') };
  const known = ['write_set_digest', 'commit_evidence', 'claims_digest'];
  const parts = record(fields.leaf_components, 'leaf_components', known);
  const writeSetDigest = hash(parts.write_set_digest, 'write_set_digest');
  const evidence = text(parts.commit_evidence, 'commit_evidence');
  const txId = evidenceTxId(evidence);
  if (txId === undefined) throw new Refusal('the commit evidence names no transaction');
  // CCF leaves the digest out for entries without the field (before version 2), and then it is not hashed either.
  const claims = parts.claims_digest === undefined ? undefined : hash(parts.claims_digest, 'claims_digest');
  return {
    hash: leafHash(writeSetDigest, evidence, claims),
    txId,
    claimsDigest: claims ?? new Uint8Array(32),
  };
}

/** `SHA256(write_set_digest | SHA256(commit_evidence) | claims_digest)`. */
export function leafHash(
  writeSetDigest: Uint8Array,
  commitEvidence: string,
  claimsDigest?: Uint8Array,
): Uint8Array {
  const evidenceDigest = sha256(utf8(commitEvidence));
  return sha256(concatBytes(writeSetDigest, evidenceDigest, claimsDigest ?? new Uint8Array(0)));
}

/** The transaction that a commit evidence is about, or undefined when it has not the form of one. */
export function evidenceTxId(commitEvidence: string): TxId | undefined {
  const match = /^ce:(\d{1,16}\.\d{1,16}):[0-9a-f]{64}$/.exec(commitEvidence);
  return match === null ? undefined : parseTxId(match[1] as string);
}

/** The root that `leaf` leads to, and what the root is the hash of (undefined when the leaf is the root). */
export function foldProof(
  leaf: Uint8Array,
  steps: readonly ProofStep[],
): { readonly root: Uint8Array; readonly preimage?: Uint8Array } {
  let preimage: Uint8Array | undefined;
  let root = leaf;
  for (const { side, hash: sibling } of steps) {
    preimage = side === 'left' ? concatBytes(sibling, root) : concatBytes(root, sibling);
    root = sha256(preimage);
  }
  return preimage === undefined ? { root } : { root, preimage };
}

function readProof(value: unknown): ProofStep[] {
  if (!Array.isArray(value) || value.length > stepsMax) throw new Refusal('the proof is not a list of steps');
  return value.map((step: unknown) => {
    const { left, right } = record(step, 'a step of the proof', ['left', 'right']);
    if ((left === undefined) === (right === undefined))
      throw new Refusal('a step of the proof has not one side');
    return left !== undefined
      ? { side: 'left', hash: hash(left, 'a step of the proof') }
      : { side: 'right', hash: hash(right, 'a step of the proof') };
  });
}

/** `value` as an object that has no other field than those `known`. */
function record(value: unknown, what: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(`${what} is not an object`);
  }
  if (!Object.keys(value).every((key) => known.includes(key)))
    throw new Refusal(`${what} has unknown fields`);
  return value as Record<string, unknown>;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Refusal(`${what} is not text`);
  return value;
}

function hash(value: unknown, what: string): Uint8Array {
  const hex = text(value, what);
  const bytes = /^[0-9a-f]{64}$/.test(hex) ? fromHex(hex) : undefined;
  if (bytes === undefined) throw new Refusal(`${what} is not a hash in lower-case hex`);
  return bytes;
}

class Refusal extends Error {}
