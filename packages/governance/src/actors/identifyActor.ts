/**
 * Who is it, by a certificate chain (ACT-2): the actor whose registered certificate it is, or beneath whose registered CA it
 * was issued. The answer follows the list of actors alone: an actor that is removed is unknown from then on.
 */
import { type Certificate, isIssuedBy, parseCertificate } from '@coco/crypto';
import type { ActorView, IdentifyActor, NetworkView } from '../types.js';
import { pathRefusal, validityRefusal } from './certificatePath.js';

/** Identifies the actor behind `chain` (leaf first), or says why not. Trust in the leaf's key is the caller's to prove. */
export const identifyActor: IdentifyActor = (view, chain, nowMs) => {
  const leaf = chain[0];
  if (leaf === undefined) return { refused: 'no certificate was presented' };
  const { subject } = leaf;
  const exact = actorsOf(view).find((actor) => actor.id === leaf.fingerprint);
  if (exact !== undefined) {
    const refused = validityRefusal(leaf, nowMs);
    return refused === undefined ? { caller: { kind: exact.kind, id: exact.id, subject } } : { refused };
  }
  let refused = 'the certificate is not that of an actor, nor issued beneath one';
  for (const actor of actorsOf(view)) {
    const outcome = beneath(chain, actor, nowMs);
    if (outcome === 'issued') return { caller: { kind: actor.kind, id: actor.id, subject } };
    if (outcome !== undefined) refused = outcome;
  }
  return { refused };
};

/**
 * Whether `chain` leads to the registered CA of `actor`: "issued"; why the path that would does not hold; or undefined
 * when there is none. Without `nowMs` validity is not looked at.
 */
export function beneath(
  chain: readonly Certificate[],
  actor: ActorView,
  nowMs: number | undefined,
): 'issued' | string | undefined {
  const anchor = registered(actor);
  if (anchor === undefined || !anchor.isCa) return undefined;
  // The chain may or may not go on to the anchor itself and beyond.
  const end = chain.findIndex((certificate) => isIssuedBy(certificate, anchor));
  if (end === -1) return undefined;
  return pathRefusal(chain.slice(0, end + 1), anchor, nowMs) ?? 'issued';
}

const parsed = new WeakMap<ActorView, Certificate>();

/** The registered certificate of `actor`, or undefined when it does not read. */
export function registered(actor: ActorView): Certificate | undefined {
  let certificate = parsed.get(actor);
  if (certificate === undefined) {
    try {
      certificate = parseCertificate(actor.certificatePem);
    } catch {
      return undefined;
    }
    parsed.set(actor, certificate);
  }
  return certificate;
}

function actorsOf(view: Pick<NetworkView, 'members' | 'participants'>): readonly ActorView[] {
  return [...view.members, ...view.participants];
}
