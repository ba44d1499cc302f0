/**
 * What JSON and COSE receipts have in common: how a leaf is made, and how it leads to a root.
 *
 *     leaf = SHA256(write_set_digest | SHA256(commit_evidence) | claims_digest)
 *     node = SHA256(left | right)
 */
import { sha256 } from '@coco/crypto';
import { CocoError, concatBytes, parseTxId, type TxId, utf8 } from '@coco/primitives';
import type { ProofStep } from './merkle.js';

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

/** More steps than a tree of 2^53 leaves has are no proof. */
export const proofStepsMax = 53;

/** What is wrong with a receipt; `reason` needs no other words. */
export function refusedReceipt(reason: string): CocoError {
  return new CocoError('COCO_LEDGER_RECEIPT', reason);
}

/** What `check` gives; when it throws COCO_LEDGER_RECEIPT, that the receipt proves nothing, and why. */
export function verdictOf<Verdict>(check: () => Verdict): Verdict | RefusedReceipt {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof CocoError) || error.code !== 'COCO_LEDGER_RECEIPT') throw error;
    return { valid: false, reason: error.message };
  }
}

export interface RefusedReceipt {
  readonly valid: false;
  readonly reason: string;
}
