/**
 * The rules for actors and their numbers, which a ceremony and a key both keep. For this folder alone.
 */
import { CocoError, utf8 } from '@coco/primitives';
import { thresholdActorsMax } from './types.js';

/** COCO_CRYPTO_THRESHOLD_CEREMONY unless these are different actors, of whom `threshold` can be asked for. */
export function checkActors(actors: readonly string[], threshold: number): void {
  if (actors.length > thresholdActorsMax || !isNumberOf(threshold, actors.length)) {
    throw refusedCeremony(
      `a threshold is 1 to the number of actors, and there are 1 to ${thresholdActorsMax} of these`,
      { threshold, actors: actors.length },
    );
  }
  if (new Set(actors).size !== actors.length) {
    throw refusedCeremony('an actor stands twice in the ceremony, and would have two shares', {});
  }
  for (const actor of actors) {
    const length = actor.length > actorBytesMax ? actor.length : utf8(actor).length;
    if (length < 1 || length > actorBytesMax) {
      throw refusedCeremony(`an actor's id has 1 to ${actorBytesMax} bytes`, { length });
    }
  }
}

/** True for the numbers 1 to `count`. */
export const isNumberOf = (number: number, count: number): boolean =>
  Number.isInteger(number) && number >= 1 && number <= count;

/** The error to throw. */
export function refusedCeremony(sentence: string, facts: Readonly<Record<string, number>>): CocoError {
  return new CocoError('COCO_CRYPTO_THRESHOLD_CEREMONY', sentence, facts);
}

const actorBytesMax = 128;
