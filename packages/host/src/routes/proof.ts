/**
 * What a request proves, where only those are served who prove what they run: evidence over the nonce that was given out on this
 * very connection.
 */
import type { NodeAttestation } from '@coco/governance';
import type { Challenges } from '../attestation/challenges.js';
import { evidenceNeeded } from '../attestation/proveOverHttps.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import { failure } from './answers.js';

export interface ProofFacts {
  readonly challenges: Challenges;
  readonly nowMs: () => number;
}

export type Proof =
  | { readonly attestation: NodeAttestation }
  /** What is to be answered in its stead. */
  | { readonly refused: HttpResponse };

/** The evidence of a request with that to which it must be bound. The nonce is good for nothing else from now on. */
export function proofOf(
  { challenges, nowMs }: ProofFacts,
  { connection }: HttpRequest,
  evidence: Uint8Array | undefined,
): Proof {
  const exporter = connection.exporter();
  if (exporter === undefined) return { refused: olderTls };
  if (evidence === undefined) return { refused: needed };
  const nonce = challenges.take(connection);
  if (nonce === undefined) return { refused: needed };
  return { attestation: { evidence, nonce, exporter, atMs: nowMs() } };
}

const needed = failure(
  evidenceNeeded,
  'COCO_HOST_EVIDENCE_NEEDED',
  'prove what you run: ask POST /node/challenge for a nonce, and send evidence over it on the same connection within a minute',
  { 'retry-after': '1' },
);

const olderTls = failure(
  400,
  'COCO_HOST_EVIDENCE_TLS',
  'evidence is bound to the connection, which must be TLS 1.3 for that',
);
