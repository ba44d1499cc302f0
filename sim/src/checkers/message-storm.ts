/**
 * Traffic stays bounded: a node never answers trouble with ever more messages. A retry that multiplies (each refused
 * message of a window sends the whole window again) would drown a network that is only slow.
 */
import type { World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'message-storm';
const windowUs = 100_000;
/** Messages of the whole cluster in a window; an untroubled run sends hundreds. */
const sentMax = 10_000;

export function messageStorm(world: World): Checker {
  let window = 0;
  let sent = 0;
  return {
    name,
    sent({ from }) {
      const now = Math.floor(world.nowUs / windowUs);
      if (now !== window) {
        window = now;
        sent = 0;
      }
      sent += 1;
      check(
        sent <= sentMax,
        name,
        () => `${sentMax} messages in ${windowUs / 1000} ms; the last from ${from.id}`,
      );
    },
  };
}
