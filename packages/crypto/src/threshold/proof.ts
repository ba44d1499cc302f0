/**
 * The two proofs of the shared key, made non-interactive by hashing everything that is proved (Fiat and Shamir, CRYPTO 1986; all
 * of the statement, as Bernhard, Pereira and Warinschi, ASIACRYPT 2012, say). For this folder alone.
 *
 * - Knowledge of a logarithm (Schnorr, J. Cryptology 1991): R ‖ μ with μ = k + a·c, as in the FROST paper's key generation.
 * - Equality of two logarithms (Chaum and Pedersen, CRYPTO 1992): e ‖ f with f = s + x·e, as in TDH2.
 */
import { concatBytes, equalBytes } from '@coco/primitives';
import {
  add,
  bytesOfScalar,
  type Element,
  elementBytes,
  elementOf,
  generator,
  hashToScalar,
  multiply,
  negate,
  proofNonce,
  publicSum,
  scalarOf,
  secretPower,
} from './group.js';
import type { RandomBytes } from './types.js';

export const proofBytes = 64;

/** What a proof is about: hashed before everything else. */
export interface Statement {
  /** Names the kind of proof. */
  readonly purpose: string;
  /** All that the proof is bound to; every part has a fixed length, or a length that another part tells. */
  readonly parts: readonly Uint8Array[];
}

/** Proves knowledge of `secret`, to whose power the generator is public in the statement. */
export function proveKnowledge(secret: bigint, statement: Statement, random: RandomBytes): Uint8Array {
  const nonce = proofNonce(random, secret, ...statement.parts);
  const commitment = secretPower(generator(), nonce).toBytes();
  const challenge = hashToScalar(statement.purpose, ...statement.parts, commitment);
  return concatBytes(commitment, bytesOfScalar(add(nonce, multiply(secret, challenge))));
}

/** True when whoever made `proof` knows the logarithm of `power`. COCO_CRYPTO_THRESHOLD_MESSAGE when it cannot be read. */
export function knowledgeHolds(power: Element, statement: Statement, proof: Uint8Array): boolean {
  const commitment = elementOf(proof.subarray(0, elementBytes));
  const response = scalarOf(proof.subarray(elementBytes));
  const challenge = hashToScalar(statement.purpose, ...statement.parts, proof.subarray(0, elementBytes));
  return publicSum([generator(), power], [response, negate(challenge)]).equals(commitment);
}

/** Two bases and the same power of each. */
export interface EqualPowers {
  readonly bases: readonly [Element, Element];
  readonly powers: readonly [Element, Element];
}

/** Proves that both powers have the exponent `secret`. */
export function proveEquality(
  secret: bigint,
  { bases }: EqualPowers,
  statement: Statement,
  random: RandomBytes,
): Uint8Array {
  const nonce = proofNonce(random, secret, ...statement.parts);
  const commitments = bases.map((base) => secretPower(base, nonce).toBytes());
  const challenge = hashToScalar(statement.purpose, ...statement.parts, ...commitments);
  return concatBytes(bytesOfScalar(challenge), bytesOfScalar(add(nonce, multiply(secret, challenge))));
}

/** True when both powers have the same exponent. COCO_CRYPTO_THRESHOLD_MESSAGE when the proof cannot be read. */
export function equalityHolds(
  { bases, powers }: EqualPowers,
  statement: Statement,
  proof: Uint8Array,
): boolean {
  const challengeBytes = proof.subarray(0, elementBytes);
  const minusChallenge = negate(scalarOf(challengeBytes));
  const response = scalarOf(proof.subarray(elementBytes));
  const commitments = bases.map((base, i) =>
    publicSum([base, powers[i] as Element], [response, minusChallenge]).toBytes(),
  );
  const challenge = hashToScalar(statement.purpose, ...statement.parts, ...commitments);
  return equalBytes(bytesOfScalar(challenge), challengeBytes);
}
