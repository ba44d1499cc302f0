/**
 * The equation of the curves that precompiles compute on. It is checked before the library makes a point of two
 * coordinates, since what that does with others is its own business.
 */
import type { IField } from '@noble/curves/abstract/modular.js';

/** Whether y² = x³ + b. */
export function onCurve<Element>(field: IField<Element>, x: Element, y: Element, b: Element): boolean {
  return field.eql(field.sqr(y), field.add(field.mul(field.sqr(x), x), b));
}
