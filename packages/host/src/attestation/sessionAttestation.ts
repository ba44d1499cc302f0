/**
 * What evidence in a session between peers must be bound to, and by what it is judged: the same on every connection.
 */
import type { Manifests } from '@coco/attestation';
import type { SessionAttestation } from './attestedSession.js';
import { judgeAgain, judgeEvidence } from './judgeEvidence.js';
import type { OwnEvidence } from './ownEvidence.js';

export interface SessionAttestationOptions {
  readonly evidence: Pick<OwnEvidence, 'make'>;
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
  /** Looked at anew each time. */
  readonly network: {
    /** One of them must accept the evidence. */
    readonly manifests: readonly Manifests[];
    readonly leaseSeconds: number;
  };
}

/** Evidence of a session is renewed before half a lease is over. */
const renewPart = 0.4;
const renewMsMin = 500;

export function sessionAttestation(options: SessionAttestationOptions): SessionAttestation {
  const { evidence, network, serviceFingerprint } = options;
  const about = { purpose: 'session', network: serviceFingerprint } as const;
  return {
    evidence: (asked) => evidence.make({ ...about, ...asked }),
    judge: (proof, bound, atMs) =>
      judgeEvidence({
        evidence: proof,
        binding: { ...about, ...bound },
        manifests: network.manifests,
        atMs,
      }),
    judgeAgain: (proof, bound, atMs) =>
      judgeAgain({ evidence: proof, binding: { ...about, ...bound }, manifests: network.manifests, atMs }),
    renewMs: () => Math.max(renewMsMin, network.leaseSeconds * 1000 * renewPart),
  };
}
