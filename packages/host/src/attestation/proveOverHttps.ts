/**
 * Asks a node for something that it only does for those who prove what they run. First without proof: who is not on the list
 * yet, or asks a backup, is told so, and no hardware was troubled. Then, on the same connection:
 *
 *   POST /node/challenge -> nonce     evidence over it and over the connection     the same request, with the evidence
 */
import type { Purpose } from '@coco/attestation';
import { CocoError, fromHex, fromUtf8, toBase64 } from '@coco/primitives';
import type { PinnedAnswer, PinnedSession } from '../pinnedRequest.js';
import type { OwnEvidence } from './ownEvidence.js';

export interface ProvingRequest {
  readonly path: string;
  /** The request; `evidence` is base64. */
  readonly body: (evidence?: string) => string;
  readonly evidence: OwnEvidence;
  readonly purpose: Purpose;
  /** Called once before anything is proved, or an answer taken: throws when the other node is not to be trusted. */
  readonly checkNode?: (session: PinnedSession) => Promise<void>;
}

/** The status of an answer that asks for evidence (RFC 6585: Precondition Required). */
export const evidenceNeeded = 428;

/** The answer that counts; what is neither 200 nor a refusal is that of any step. */
export async function askProving(session: PinnedSession, request: ProvingRequest): Promise<PinnedAnswer> {
  const { path, body, evidence, purpose, checkNode } = request;
  const plain = await session.ask({ method: 'POST', path, body: body() });
  if (plain.status !== evidenceNeeded && plain.status !== 200) return plain;
  await checkNode?.(session);
  if (plain.status === 200) return plain;
  const challenged = await session.ask({ method: 'POST', path: '/node/challenge' });
  if (challenged.status !== 200) return challenged;
  const proof = await evidence.make({
    purpose,
    network: session.serviceCertificate.fingerprint,
    nonce: nonceOf(challenged),
    exporter: session.exporter,
  });
  return session.ask({ method: 'POST', path, body: body(toBase64(proof)) });
}

function nonceOf({ body }: PinnedAnswer): Uint8Array {
  const { nonce } = parsed(body);
  const bytes = typeof nonce === 'string' ? fromHex(nonce) : undefined;
  if (bytes?.length === 32) return bytes;
  throw new CocoError('COCO_JOIN_ANSWER', "the node's answer is not understood: nonce", { field: 'nonce' });
}

/** The fields of an answer; none when it is not an object. */
export function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // An answer without fields.
  }
  return {};
}
