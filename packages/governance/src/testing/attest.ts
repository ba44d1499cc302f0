/**
 * What a node hands in, to the letter as a real one does: on the platform `virtual`, or on hardware that is made up.
 */
import {
  type Evidence,
  encodeClaims,
  encodeEvidence,
  type Purpose,
  reportDataOf,
  virtualEvidence,
} from '@coco/attestation';
import { type PrivateKey, signRaw } from '@coco/crypto';
import { fromHex } from '@coco/primitives';
import type { NodeAttestation } from '../types.js';

export interface ProvingNode {
  readonly key: PrivateKey;
  /** SHA-256 of the service's certificate (DER), hex. */
  readonly network: string;
  readonly purpose: Purpose;
  readonly atMs: number;
  /** Of the code tree, hex. */
  readonly tree?: string;
  /** Different bytes make different ones of each. */
  readonly nonce?: number;
  readonly instance?: number;
  /** The public share key, 32 bytes. Null: the evidence names none. */
  readonly shareKey?: Uint8Array | null;
  /** The public epoch key, likewise. */
  readonly epochKey?: Uint8Array | null;
  /** The evidence of hardware for these claims (CBOR), instead of virtual evidence. */
  readonly hardware?: (claims: Uint8Array) => Evidence;
}

export const testTree = 'ab'.repeat(32);

export function nodeProof(node: ProvingNode): NodeAttestation {
  const { key, network, purpose, atMs } = node;
  const nonce = new Uint8Array(32).fill(node.nonce ?? 1);
  const exporter = new Uint8Array(32).fill(2);
  const instance = new Uint8Array(16).fill(node.instance ?? 3);
  const tree = bytesOf(node.tree ?? testTree);
  const claims = encodeClaims({
    purpose,
    network: bytesOf(network),
    nodeKey: bytesOf(key.publicKey.fingerprint),
    ...(node.shareKey !== null && { shareKey: node.shareKey ?? new Uint8Array(32).fill(4) }),
    ...(node.epochKey !== null && { epochKey: node.epochKey ?? new Uint8Array(32).fill(5) }),
    nonce,
    exporter,
    code: tree,
    instance,
  });
  const virtual = (): Evidence => ({
    platform: 'virtual',
    evidence: virtualEvidence({
      reportData: reportDataOf(claims),
      tree,
      instance,
      publicKeyDer: key.publicKey.der,
      sign: (bytes) => signRaw(key, bytes),
    }),
    claims,
    endorsements: {},
  });
  const evidence = encodeEvidence(node.hardware?.(claims) ?? virtual());
  return { evidence, nonce, exporter, atMs };
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}
