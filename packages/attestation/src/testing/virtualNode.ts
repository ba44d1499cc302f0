/**
 * A node of the platform `virtual` for tests: a key, what it says of itself, and the evidence of it.
 */
import { generateKeyPair, type PrivateKey, signRaw } from '@coco/crypto';
import { fromHex, type NodeId } from '@coco/primitives';
import { type VirtualEvidenceInput, virtualEvidence } from '../platforms/virtual/evidence.js';
import { encodeClaims, reportDataOf } from '../runtimeClaims.js';
import type { Evidence, RuntimeClaims } from '../types.js';

export interface VirtualNode {
  readonly key: PrivateKey;
  readonly nodeId: NodeId;
  /** What it says of itself, with `fields` instead; by default for the purpose `session`, of no network, without a nonce. */
  claims(fields?: Partial<RuntimeClaims>): RuntimeClaims;
  /** Evidence for `claims(fields)`, or with anything bent, and signed all the same. */
  evidence(fields?: Partial<RuntimeClaims>, bent?: Partial<VirtualEvidenceInput>): Evidence;
}

/** `curve` is P-256 by default, `tree` (32 bytes) the digest of the code that it claims to run. */
export function createVirtualNode(
  options: { readonly curve?: 'P-256' | 'P-384'; readonly tree?: Uint8Array } = {},
): VirtualNode {
  const { curve = 'P-256', tree = new Uint8Array(32).fill(0x7e) } = options;
  const key = generateKeyPair(curve);
  const hash = curve === 'P-256' ? 'sha256' : 'sha384';
  const claims = (fields: Partial<RuntimeClaims> = {}): RuntimeClaims => ({
    ...testClaims(key.publicKey.fingerprint),
    code: tree,
    ...fields,
  });
  return {
    key,
    nodeId: key.publicKey.fingerprint,
    claims,
    evidence(fields = {}, bent = {}) {
      const said = claims(fields);
      const encoded = encodeClaims(said);
      const evidence = virtualEvidence({
        reportData: reportDataOf(encoded),
        tree: said.code,
        instance: said.instance,
        publicKeyDer: key.publicKey.der,
        sign: (toBeSigned) => signRaw(key, toBeSigned, { hash }),
        ...bent,
      });
      return { platform: 'virtual', evidence, claims: encoded, endorsements: {} };
    },
  };
}

/** What a node with this id might say of itself. */
export function testClaims(nodeId: NodeId): RuntimeClaims {
  return {
    purpose: 'session',
    nodeKey: fromHex(nodeId) ?? new Uint8Array(32),
    code: new Uint8Array(32).fill(0x7e),
    instance: new Uint8Array(16).fill(0x1a),
  };
}
