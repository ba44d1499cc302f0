/**
 * Combining partial decryptions, at the requester: Lagrange's interpolation in the exponent (Shoup and Gennaro 2002) gives what
 * the ciphertext's element is under the shared private key, which exists nowhere, and from that the secret.
 */
import { ciphertextHolds, openSealed } from './encrypt.js';
import { elementOf, publicSum } from './group.js';
import { type PartialOf, partialHolds } from './partial.js';
import { weightsOf } from './polynomial.js';
import type { PartialDecryption } from './types.js';

export type Combined =
  /** 32 bytes, authenticated. `bad` are the actors whose partials did not hold. */
  | { readonly kind: 'opened'; readonly secret: Uint8Array; readonly bad: readonly number[] }
  /** Ask `missing` more actors. */
  | { readonly kind: 'too few'; readonly missing: number; readonly bad: readonly number[] }
  /** The ciphertext was changed, or is for another key or label: nobody's partial was looked at. */
  | { readonly kind: 'not a ciphertext' }
  /** Whoever encrypted it sealed it with another key than it says: it decrypts to nothing, for nobody. */
  | { readonly kind: 'not authentic' };

/** Decrypts with any partials that hold, as many as the threshold. Two of one actor are one. COCO_CRYPTO_THRESHOLD_MESSAGE. */
export function combinePartials(of: PartialOf, partials: readonly PartialDecryption[]): Combined {
  const { key, label, ciphertext } = of;
  const { publicKey, threshold } = key;
  if (!ciphertextHolds({ publicKey, label, ciphertext })) return { kind: 'not a ciphertext' };
  const good = new Map<number, PartialDecryption>();
  const bad = new Set<number>();
  for (const partial of partials) {
    if (good.size === threshold) break;
    if (good.has(partial.actor)) continue;
    if (partialHolds(of, partial)) good.set(partial.actor, partial);
    else bad.add(partial.actor);
  }
  // What somebody else sent in the name of an actor that also answered well does not count against it.
  const named = [...bad].filter((actor) => !good.has(actor));
  if (good.size < threshold) return { kind: 'too few', missing: threshold - good.size, bad: named };
  const shared = publicSum(
    [...good.values()].map(({ element }) => elementOf(element)),
    weightsOf([...good.keys()]),
  );
  const secret = openSealed({ publicKey, label, ciphertext }, shared);
  return secret === undefined ? { kind: 'not authentic' } : { kind: 'opened', secret, bad: named };
}
