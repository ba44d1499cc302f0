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
import type { TxId } from '@coco/primitives';
import type { ProofStep } from './merkle.js';
import type { LeafProof } from './receipt.js';
import { evidenceTxId, foldProof, leafHash } from './receipt-verify.js';
import { ccfLedgerSha256, coseLabels } from './signature.js';
import { isSignedUnder } from './signature-read.js';

const inclusionProof = -1;
const proofLeaf = 1;
const proofPath = 2;

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

/** What a COSE receipt proves, or why it proves nothing. */
export type CoseReceiptVerdict =
  | {
      readonly valid: true;
      readonly txId: TxId;
      /** The Merkle root that was signed. */
      readonly root: Uint8Array;
      /** What the transaction claims: 32 zero bytes if nothing. */
      readonly claimsDigest: Uint8Array;
    }
  | { readonly valid: false; readonly reason: string };

/** Checks a COSE receipt from anywhere against the key of the service that is trusted. */
export function verifyCoseReceipt(bytes: Uint8Array, serviceKey: PublicKey): CoseReceiptVerdict {
  let message: CoseSign1;
  let proof: unknown;
  try {
    message = coseDecode(bytes);
    proof = readProofs(message);
    if (proof instanceof Uint8Array) proof = cborDecode(proof);
  } catch {
    return refuse('it is not well-formed COSE');
  }
  if (message.protectedHeader.get(coseLabels.verifiableDataStructure) !== ccfLedgerSha256) {
    return refuse('it is about another kind of ledger');
  }
  if (!isSignedUnder(message, serviceKey.fingerprint))
    return refuse('it names another key than that of the service');
  const parsed = proof instanceof Map && proof.size === 2 ? readProof(proof) : undefined;
  if (parsed === undefined) return refuse('its proof has not the form of one');
  const { root } = foldProof(parsed.leaf, parsed.steps);
  if (!coseVerify(message, serviceKey, root))
    return refuse('the service did not sign the root that the proof leads to');
  return { valid: true, txId: parsed.txId, root, claimsDigest: parsed.claimsDigest };
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
): { leaf: Uint8Array; txId: TxId; claimsDigest: Uint8Array; steps: ProofStep[] } | undefined {
  const parts = proof.get(proofLeaf);
  const path = proof.get(proofPath);
  if (!Array.isArray(parts) || parts.length !== 3 || !Array.isArray(path)) return undefined;
  const [writeSetDigest, evidence, claimsDigest] = parts as unknown[];
  if (!isHash(writeSetDigest) || typeof evidence !== 'string' || !isHash(claimsDigest)) return undefined;
  const txId = evidenceTxId(evidence);
  if (txId === undefined) return undefined;
  const steps: ProofStep[] = [];
  for (const step of path as unknown[]) {
    if (!Array.isArray(step) || step.length !== 2) return undefined;
    const [left, hash] = step as unknown[];
    if (typeof left !== 'boolean' || !isHash(hash)) return undefined;
    steps.push({ side: left ? 'left' : 'right', hash });
  }
  return { leaf: leafHash(writeSetDigest, evidence, claimsDigest), txId, claimsDigest, steps };
}

function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

function refuse(reason: string): { readonly valid: false; readonly reason: string } {
  return { valid: false, reason };
}
