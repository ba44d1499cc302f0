/**
 * Shamir's sharing (Communications of the ACM 22, 1979): a secret is the constant term of a polynomial of degree M − 1, and the
 * share of number i is its value at i. Feldman's commitments (FOCS 1987) raise the generator to each coefficient, so that
 * everybody can check a share, and compute everybody's public part (RFC 9591 appendix C). For this folder alone.
 */
import { assert } from '@coco/primitives';
import { add, divide, type Element, multiply, publicSum, subtract } from './group.js';

/** The polynomial's value at `at`, which is a number from 1 up. */
export function valueAt(coefficients: readonly bigint[], at: number): bigint {
  const x = BigInt(at);
  return coefficients.reduceRight((value, coefficient) => add(multiply(value, x), coefficient), 0n);
}

/** The generator to the power of the value at `at`, from the commitments alone. */
export function commitmentAt(commitments: readonly Element[], at: number): Element {
  const x = BigInt(at);
  const last = commitments.at(-1);
  assert(last !== undefined, 'a polynomial has a constant term');
  // Horner: numbers of actors are short, so each step is a few additions.
  return commitments
    .slice(0, -1)
    .reduceRight((value, commitment) => value.multiplyUnsafe(x).add(commitment), last);
}

/** Lagrange's coefficients at zero for `numbers`, which are all different: RFC 9591 section 4.2. */
export function weightsOf(numbers: readonly number[]): bigint[] {
  return numbers.map((own) => {
    let numerator = 1n;
    let denominator = 1n;
    for (const other of numbers) {
      if (other === own) continue;
      numerator = multiply(numerator, BigInt(other));
      denominator = multiply(denominator, subtract(BigInt(other), BigInt(own)));
    }
    return divide(numerator, denominator);
  });
}

/** Σ weightᵢ·polynomialᵢ, commitment by commitment. */
export function weightedSum(
  commitments: readonly (readonly Element[])[],
  weights: readonly bigint[],
): Element[] {
  const length = commitments[0]?.length ?? 0;
  return Array.from({ length }, (_, term) =>
    publicSum(
      commitments.map((of) => of[term] as Element),
      [...weights],
    ),
  );
}
