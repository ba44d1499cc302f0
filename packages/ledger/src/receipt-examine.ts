/**
 * Takes JSON receipts apart and hashes what they are made of, without checking a signature: that is left to whoever has
 * the means, a platform's library or a browser's. Pure, and strict about the form: a receipt has one text, so that no
 * bit of it can be changed unnoticed.
 */
import { fromBase64, fromHex, type NodeId, type TxId, toBase64 } from '@coco/primitives';
import type { ProofStep } from './merkle.js';
import { evidenceTxId, foldProof, leafHash, proofStepsMax, refusedReceipt } from './receipt-proof.js';

/** A receipt that has the form of one. What it says is not believed before the signatures are checked. */
export interface ExaminedReceipt {
  /** Which node signed: must be the id of the key in `nodeCertificate`. */
  readonly nodeId: NodeId;
  /** DER, to be read strictly. */
  readonly nodeCertificate: Uint8Array;
  /** Certificates of earlier identities of the service, DER as well: each issued the one before, the service the last. */
  readonly endorsements: readonly Uint8Array[];
  /** Absent on the receipt of a signature transaction, which names only its root. */
  readonly transaction?: ReceiptTransaction;
  /** The Merkle root that must be signed. */
  readonly root: Uint8Array;
  /** What the root is the hash of; absent when the receipt is of the root alone. */
  readonly preimage?: Uint8Array;
  /** Of the node over the root, as the hash that is signed (ECDSA with SHA-256, DER). */
  readonly signature: Uint8Array;
}

/** What a receipt says of its transaction. */
export interface ReceiptTransaction {
  readonly txId: TxId;
  /** SHA-256 of the entry as it is in the ledger. */
  readonly writeSetDigest: Uint8Array;
  /** 32 zero bytes if it claims nothing. */
  readonly claimsDigest: Uint8Array;
}

/** Takes `receipt` apart, parsed JSON from anywhere. Throws COCO_LEDGER_RECEIPT. */
export function examineReceipt(receipt: unknown): ExaminedReceipt {
  const fields = record(receipt, 'the receipt', [
    'signature',
    'cert',
    'node_id',
    'proof',
    'leaf',
    'leaf_components',
    'service_endorsements',
  ]);
  const { hash: leafDigest, transaction } = readLeaf(fields);
  const steps = readProof(fields.proof);
  if (transaction === undefined && steps.length > 0) throw refusedReceipt('a signed root needs no proof');
  const signature = fromBase64(text(fields.signature, 'the signature'));
  if (signature === undefined) throw refusedReceipt('the signature is not base64');
  return {
    nodeId: text(fields.node_id, 'node_id'),
    nodeCertificate: certificate(fields.cert, 'the certificate of the node'),
    endorsements: readEndorsements(fields.service_endorsements),
    ...(transaction !== undefined && { transaction }),
    ...foldProof(leafDigest, steps),
    signature,
  };
}

const endorsementsMax = 64;

function readEndorsements(value: unknown): readonly Uint8Array[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > endorsementsMax) {
    throw refusedReceipt('the endorsements of the service are not a short list');
  }
  return value.map((pem: unknown) => certificate(pem, 'an endorsement of the service'));
}

function readLeaf(fields: Record<string, unknown>): { hash: Uint8Array; transaction?: ReceiptTransaction } {
  if ((fields.leaf === undefined) === (fields.leaf_components === undefined)) {
    throw refusedReceipt('the receipt must have either a leaf or its components');
  }
  if (fields.leaf !== undefined) return { hash: hash(fields.leaf, 'the leaf') };
  const known = ['write_set_digest', 'commit_evidence', 'claims_digest'];
  const parts = record(fields.leaf_components, 'leaf_components', known);
  const writeSetDigest = hash(parts.write_set_digest, 'write_set_digest');
  const evidence = text(parts.commit_evidence, 'commit_evidence');
  const txId = evidenceTxId(evidence);
  if (txId === undefined) throw refusedReceipt('the commit evidence names no transaction');
  // CCF leaves the digest out for entries without the field (before version 2), and then it is not hashed either.
  const claims = parts.claims_digest === undefined ? undefined : hash(parts.claims_digest, 'claims_digest');
  return {
    hash: leafHash(writeSetDigest, evidence, claims),
    transaction: { txId, writeSetDigest, claimsDigest: claims ?? new Uint8Array(32) },
  };
}

function readProof(value: unknown): ProofStep[] {
  if (!Array.isArray(value) || value.length > proofStepsMax)
    throw refusedReceipt('the proof is not a list of steps');
  return value.map((step: unknown) => {
    const { left, right } = record(step, 'a step of the proof', ['left', 'right']);
    if ((left === undefined) === (right === undefined))
      throw refusedReceipt('a step of the proof has not one side');
    return left !== undefined
      ? { side: 'left', hash: hash(left, 'a step of the proof') }
      : { side: 'right', hash: hash(right, 'a step of the proof') };
  });
}

/** `value` as an object that has no other field than those `known`. */
function record(value: unknown, what: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusedReceipt(`${what} is not an object`);
  }
  if (!Object.keys(value).every((key) => known.includes(key)))
    throw refusedReceipt(`${what} has unknown fields`);
  return value as Record<string, unknown>;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw refusedReceipt(`${what} is not text`);
  return value;
}

/** What is in the PEM `value`, which has lines of 64 characters and nothing around it (RFC 7468, section 3, "strict"). */
function certificate(value: unknown, what: string): Uint8Array {
  const pem = text(value, what);
  const der = fromBase64(pem.slice(pemBegin.length, -pemEnd.length).replaceAll('\n', ''));
  const lines = der === undefined ? [] : (toBase64(der).match(/.{1,64}/g) ?? []);
  if (der === undefined || `${pemBegin}${lines.join('\n')}${pemEnd}` !== pem) {
    throw refusedReceipt(`${what} is not canonical PEM`);
  }
  return der;
}

const pemBegin = '-----BEGIN CERTIFICATE-----\n';
const pemEnd = '\n-----END CERTIFICATE-----\n';

function hash(value: unknown, what: string): Uint8Array {
  const hex = text(value, what);
  const bytes = /^[0-9a-f]{64}$/.test(hex) ? fromHex(hex) : undefined;
  if (bytes === undefined) throw refusedReceipt(`${what} is not a hash in lower-case hex`);
  return bytes;
}
