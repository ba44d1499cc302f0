/**
 * The browser build: verifies a node's evidence before anything is sent to it (SEC-3), and receipts (TX-4), with the platform's
 * Web Cryptography.
 *
 * A page sees neither the certificate of its TLS connections nor their exported keys: what it verifies is that a node of this
 * network, with this code, made the evidence for this nonce. The verdict says that it is not bound to the connection.
 */
import {
  anchorsWith,
  decodeEvidence,
  type Manifests,
  parseManifests,
  verifyEvidenceWith,
} from '@coco/attestation';
import { CocoError, fromBase64, toHex } from '@coco/primitives';
import { type NodeVerdict, nodeVerdict } from './nodeVerdict.js';
import { webSignatureHolds } from './webSignatures.js';

export type { Manifests } from '@coco/attestation';
export { parseManifests } from '@coco/attestation';
export type { NodeCheck, NodeVerdict } from './nodeVerdict.js';
export type { ExpectedReceipt, ReceiptFinding } from './receiptFinding.js';
export { verifyReceipt } from './receiptWeb.js';

export interface VerifyPageNodeOptions {
  /** A node, for example "https://127.0.0.1:8000"; "" for the one that the page came from. */
  readonly url: string;
  /** SHA-256 of the service's certificate (DER), in hex. Without it any service is taken, and the verdict says so. */
  readonly serviceFingerprint?: string;
  /** What the caller approves. Without it the manifests that the node shows are taken, and the verdict says so. */
  readonly manifests?: Manifests;
  /** As of when, in milliseconds since 1970. Default now. */
  readonly atMs?: number;
}

/** The verdict on the node at `url`. Throws COCO_CLIENT_EVIDENCE, COCO_CLIENT_HTTP, COCO_ATTESTATION_*. */
export async function verifyNode(options: VerifyPageNodeOptions): Promise<NodeVerdict> {
  const { url, serviceFingerprint, atMs = Date.now() } = options;
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const answer = await getJson(`${url}/node/evidence?nonce=${toHex(nonce)}`);
  const text = answer['evidence'];
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  if (bytes === undefined) {
    throw new CocoError(
      'COCO_CLIENT_EVIDENCE',
      "the node gave no evidence: its answer has no field 'evidence'",
    );
  }
  const manifests =
    options.manifests ?? parseManifests((await getJson(`${url}/node/manifests`))['manifests']);
  const evidence = decodeEvidence(bytes);
  const claims = await verifyEvidenceWith(evidence, anchorsWith(manifests.tee), atMs, webSignatureHolds);
  return nodeVerdict({
    claims,
    manifests,
    manifestsFrom: options.manifests === undefined ? 'node' : 'caller',
    binding: {
      purpose: 'client',
      ...(serviceFingerprint !== undefined && { network: serviceFingerprint }),
      nodeId: toHex(claims.claims.nodeKey),
      nonce,
    },
    atMs,
  });
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  if (!response.ok) {
    throw new CocoError('COCO_CLIENT_HTTP', `the node answered ${response.status}`, {
      status: response.status,
    });
  }
  return (await response.json()) as Record<string, unknown>;
}
