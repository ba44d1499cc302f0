/**
 * Receipts as JSON, in CCF's form (TX-4): that a transaction is in the ledger, provable offline to anyone who knows
 * the service identity.
 *
 *     {"signature", "cert", "node_id", "leaf_components": {"write_set_digest", "commit_evidence", "claims_digest"},
 *      "proof": [{"left": hex} | {"right": hex}, …], "service_endorsements"?: [PEM, …]}
 *
 * For a signature transaction `leaf` is the root that it signs, in place of the components, and the proof is empty.
 */
import { toHex } from '@coco/primitives';
import type { ProofStep } from './merkle.js';
import type { Receipt } from './types.js';

/** What a receipt says of the leaf of an entry. */
export interface ReceiptLeaf {
  readonly writeSetDigest: Uint8Array;
  /** 32 zero bytes when the entry makes no claims. */
  readonly claimsDigest: Uint8Array;
}

/** The leaf of an entry, and how it leads to a signed root. */
export interface LeafProof extends ReceiptLeaf {
  readonly commitEvidence: string;
  readonly proof: readonly ProofStep[];
}

/** The node's signature over a root. */
export interface ReceiptSignature {
  readonly nodeId: string;
  readonly certificatePem: string;
  /** Base64 of DER. */
  readonly signature: string;
}

/** Puts a receipt together, for an entry, or for a signature transaction that signs `root`. */
export function makeReceipt(
  signed: ReceiptSignature,
  of: LeafProof | { readonly root: Uint8Array },
): Receipt {
  const { signature, certificatePem: cert, nodeId } = signed;
  if ('root' in of) return { signature, cert, node_id: nodeId, leaf: toHex(of.root), proof: [] };
  return {
    signature,
    cert,
    node_id: nodeId,
    leaf_components: {
      write_set_digest: toHex(of.writeSetDigest),
      commit_evidence: of.commitEvidence,
      claims_digest: toHex(of.claimsDigest),
    },
    proof: of.proof.map(({ side, hash }) =>
      side === 'left' ? { left: toHex(hash) } : { right: toHex(hash) },
    ),
  };
}
