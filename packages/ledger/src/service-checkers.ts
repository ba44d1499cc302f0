/**
 * Which service may have signed which entry: the ledger's own, and before it those that it took over from after disasters.
 * Whoever hands in former services has verified that each was endorsed by the one that followed it (endorsement.ts).
 */
import type { Certificate } from '@coco/crypto';
import type { Seqno } from '@coco/primitives';
import { createSignatureChecker, type SignatureChecker } from './signature-verify.js';

/** A service whose ledger went on under another one. */
export interface FormerService {
  readonly certificate: Certificate;
  /** The last entry that was its own. */
  readonly upTo: Seqno;
}

/** The checker of the signature transaction `seqno`. */
export type ServiceCheckers = (seqno: Seqno) => SignatureChecker;

/** `former` in any order. */
export function createServiceCheckers(
  service: Certificate,
  former: readonly FormerService[] = [],
): ServiceCheckers {
  const own = createSignatureChecker(service);
  const earlier = former
    .toSorted((a, b) => a.upTo - b.upTo)
    .map(({ certificate, upTo }) => ({ upTo, checker: createSignatureChecker(certificate) }));
  return (seqno) => earlier.find(({ upTo }) => seqno <= upTo)?.checker ?? own;
}

/** The certificate of the service whose own the entry `seqno` is. */
export function serviceAt(
  seqno: Seqno,
  service: Certificate,
  former: readonly FormerService[] = [],
): Certificate {
  const [earliest] = former.filter(({ upTo }) => seqno <= upTo).toSorted((a, b) => a.upTo - b.upTo);
  return earliest?.certificate ?? service;
}
