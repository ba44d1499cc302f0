/**
 * Receipts as COSE (draft-ietf-scitt-receipts-ccf-profile): the service's COSE_Sign1 over the Merkle root, as it is
 * in a signature transaction, with the proof that leads an entry to that root in the unprotected header:
 *
 *     { 396: { -1: [ bstr .cbor { 1: [write_set_digest, commit_evidence, claims_digest], 2: [[left, hash], …] } ] } }
 */
import {
  type CoseSign1,
  cborDecode,
  cborEncode,
  coseDecode,
  coseEncode,
  coseVerify,
  type PublicKey,
} from '@coco/crypto';
import { fromUtf8, parseTxId, type TxId } from '@coco/primitives';
import type { ProofStep } from './merkle.js';
import type { LeafProof } from './receipt.js';
import type { ReceiptTransaction } from './receipt-examine.js';
import {
  evidenceTxId,
  foldProof,
  leafHash,
  proofStepsMax,
  type RefusedReceipt,
  refusedReceipt,
  verdictOf,
} from './receipt-proof.js';
import { ccfLedgerSha256, coseLabels } from './signature.js';
import { signedTxId } from './signature-read.js';

const inclusionProof = -1;
const proofLeaf = 1;
const proofPath = 2;
/** "crit" (RFC 9052, section 3.1). */
const critical = 2;

/** Puts a COSE receipt together from the bytes of the service's signature. */
export function makeCoseReceipt(serviceBytes: Uint8Array, of: LeafProof): Uint8Array {
  const proof = new Map<number, unknown>([
    [proofLeaf, [of.writeSetDigest, of.commitEvidence, of.claimsDigest]],
    [proofPath, of.proof.map(({ side, hash }) => [side === 'left', hash])],
  ]);
  const proofs = new Map([[inclusionProof, [cborEncode(proof)]]]);
  const unprotectedHeader = new Map([[coseLabels.verifiableDataProof, proofs]]);
  return coseEncode({ ...coseDecode(serviceBytes), unprotectedHeader });
}

/** A COSE receipt that has the form of one. What it says is not believed before the signature is checked. */
export interface ExaminedCoseReceipt extends ReceiptTransaction {
  readonly message: CoseSign1;
  /** The key that must have signed: hex SHA-256 of its SubjectPublicKeyInfo. */
  readonly serviceKeyId: string;
  /** The Merkle root that must be signed: the detached payload. */
  readonly root: Uint8Array;
  /** What is signed (RFC 9052, section 4.4), under the algorithm with label 1 of the protected header. */
  readonly toBeSigned: Uint8Array;
  /** The signature transaction that the signature is in, if it says so. */
  readonly signedIn?: TxId;
}

/** Takes a COSE receipt from anywhere apart. Throws COCO_LEDGER_RECEIPT. */
export function examineCoseReceipt(bytes: Uint8Array): ExaminedCoseReceipt {
  const { message, proof } = decodeReceipt(bytes);
  const { protectedHeader, protectedBytes } = message;
  if (protectedHeader.get(coseLabels.verifiableDataStructure) !== ccfLedgerSha256) {
    throw refusedReceipt('it is about another kind of ledger');
  }
  const keyId = protectedHeader.get(coseLabels.kid);
  const serviceKeyId = keyId instanceof Uint8Array ? fromUtf8(keyId) : undefined;
  if (serviceKeyId === undefined) throw refusedReceipt('it names no key');
  if (protectedHeader.has(critical))
    throw refusedReceipt('it demands to be understood in a way that is not known');
  if (message.payload !== undefined) throw refusedReceipt('its payload is not detached');
  const parsed = proof instanceof Map && proof.size === 2 ? readProof(proof) : undefined;
  if (parsed === undefined) throw refusedReceipt('its proof has not the form of one');
  const { leaf, steps, ...transaction } = parsed;
  const { root } = foldProof(leaf, steps);
  const signedIn = parseTxId(signedTxId(message) ?? '');
  return {
    message,
    serviceKeyId,
    root,
    toBeSigned: cborEncode(['Signature1', protectedBytes, new Uint8Array(0), root]),
    ...transaction,
    ...(signedIn !== undefined && { signedIn }),
  };
}

/** What a COSE receipt proves, or why it proves nothing. */
export type CoseReceiptVerdict =
  | ({
      readonly valid: true;
      /** The Merkle root that was signed. */
      readonly root: Uint8Array;
      /** The signature transaction that the signature is in, if it says so. */
      readonly signedIn?: TxId;
    } & ReceiptTransaction)
  | RefusedReceipt;

/** Checks a COSE receipt from anywhere against the key of the service that is trusted. */
export function verifyCoseReceipt(bytes: Uint8Array, serviceKey: PublicKey): CoseReceiptVerdict {
  return verdictOf(() => {
    const { message, serviceKeyId, toBeSigned: _, ...told } = examineCoseReceipt(bytes);
    if (serviceKeyId !== serviceKey.fingerprint) {
      throw refusedReceipt('it names another key than that of the service');
    }
    if (!coseVerify(message, serviceKey, told.root)) {
      throw refusedReceipt('the service did not sign the root that the proof leads to');
    }
    return { valid: true, ...told };
  });
}

function decodeReceipt(bytes: Uint8Array): { readonly message: CoseSign1; readonly proof: unknown } {
  try {
    const message = coseDecode(bytes);
    const proof = readProofs(message);
    return { message, proof: proof instanceof Uint8Array ? cborDecode(proof) : proof };
  } catch {
    throw refusedReceipt('it is not well-formed COSE');
  }
}

/** The one inclusion proof in the unprotected header, which holds nothing else. */
function readProofs({ unprotectedHeader }: CoseSign1): unknown {
  const proofs: unknown = unprotectedHeader.get(coseLabels.verifiableDataProof);
  if (unprotectedHeader.size !== 1 || !(proofs instanceof Map) || proofs.size !== 1) return undefined;
  const list: unknown = proofs.get(inclusionProof);
  return Array.isArray(list) && list.length === 1 ? list[0] : undefined;
}

function readProof(
  proof: ReadonlyMap<unknown, unknown>,
): (ReceiptTransaction & { readonly leaf: Uint8Array; readonly steps: readonly ProofStep[] }) | undefined {
  const parts = proof.get(proofLeaf);
  const path = proof.get(proofPath);
  if (!Array.isArray(parts) || parts.length !== 3 || !Array.isArray(path)) return undefined;
  const [writeSetDigest, evidence, claimsDigest] = parts as unknown[];
  if (!isHash(writeSetDigest) || typeof evidence !== 'string' || !isHash(claimsDigest)) return undefined;
  const txId = evidenceTxId(evidence);
  if (txId === undefined) return undefined;
  const steps: ProofStep[] = [];
  if (path.length > proofStepsMax) return undefined;
  for (const step of path as unknown[]) {
    if (!Array.isArray(step) || step.length !== 2) return undefined;
    const [left, hash] = step as unknown[];
    if (typeof left !== 'boolean' || !isHash(hash)) return undefined;
    steps.push({ side: left ? 'left' : 'right', hash });
  }
  return {
    leaf: leafHash(writeSetDigest, evidence, claimsDigest),
    txId,
    writeSetDigest,
    claimsDigest,
    steps,
  };
}

function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}
