/**
 * Nobody is accused of a disk that was turned back, unless it was: what a crash takes, nobody was told of. Demanded where
 * messages arrive in their order, as connections keep it: one of an earlier life that comes late makes a false alarm.
 */
import type { World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'false-alarm';

export function falseAlarm(world: World): Checker {
  return {
    name,
    step({ node, ready }) {
      for (const { node: accused } of ready.turnedBack ?? []) {
        const isTurned = !world.profile.network.inOrder || world.byId.get(accused)?.turned === true;
        check(isTurned, name, () => `${node.id} says that the disk of ${accused} was turned back`);
      }
    },
  };
}
