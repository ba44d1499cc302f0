/**
 * A joining node lets the node that it asks prove what it runs before it asks for secrets, and judges that by the manifests of
 * the constitution that its operator approved.
 */
import { type Assurance, type Manifests, networkAssurance, type Platform } from '@coco/attestation';
import { randomBytes } from '@coco/crypto';
import { CocoError, fromBase64, type NodeId, toHex } from '@coco/primitives';
import type { PinnedAnswer, PinnedSession } from '../pinnedRequest.js';
import { judgeEvidence } from './judgeEvidence.js';
import { parsed } from './proveOverHttps.js';

/** What a node has proved. */
export interface ProvedNode {
  readonly nodeId: NodeId;
  readonly platform: Platform;
  readonly codeId: string;
  readonly component: string;
  /** What that is worth: whatever else the network admits counts too. */
  readonly assurance: Assurance['level'];
  /** Why not more, in sentences. */
  readonly reasons: string;
}

/**
 * COCO_JOIN_EVIDENCE when the node at the other end does not prove that it runs what `manifests` admit, COCO_JOIN_ANSWER,
 * COCO_JOIN_UNREACHABLE.
 */
export async function checkNode(
  session: PinnedSession,
  manifests: Manifests,
  nowMs: () => number,
): Promise<ProvedNode> {
  const nonce = randomBytes(32);
  const answer = await session.ask({ method: 'GET', path: `/node/evidence?nonce=${toHex(nonce)}` });
  const nodeId = session.nodeCertificate.publicKey.fingerprint;
  const judged = judgeEvidence({
    evidence: evidenceOf(answer),
    manifests: [manifests],
    binding: {
      purpose: 'client',
      network: session.serviceCertificate.fingerprint,
      nodeId,
      nonce,
      exporter: session.exporter,
    },
    atMs: nowMs(),
  });
  if (judged.outcome === 'accepted') {
    const { verified, codeId, component } = judged;
    const { level, reasons } = networkAssurance(manifests.tee);
    return {
      nodeId,
      platform: verified.platform,
      codeId,
      component,
      assurance: level,
      reasons: reasons.join('; '),
    };
  }
  const { code, sentence } = judged.refusal;
  throw new CocoError(
    'COCO_JOIN_EVIDENCE',
    `the node that was asked is not trusted, and nothing was asked of it: ${sentence}`,
    { reason: code, nodeId },
  );
}

function evidenceOf({ status, body }: PinnedAnswer): Uint8Array {
  const { evidence, error } = parsed(body);
  const bytes = status === 200 && typeof evidence === 'string' ? fromBase64(evidence) : undefined;
  if (bytes !== undefined) return bytes;
  const { message } = (error ?? {}) as { readonly message?: unknown };
  const why = typeof message === 'string' ? message.slice(0, 300) : 'its answer has none';
  // Its hardware may be busy: the next try is another connection.
  if (status === 503) throw new CocoError('COCO_JOIN_UNREACHABLE', `the node gives no evidence: ${why}`);
  throw new CocoError('COCO_JOIN_ANSWER', `the node gives no evidence: ${why}`, { field: 'evidence' });
}
