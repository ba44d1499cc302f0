/**
 * Traffic stays bounded: a node never answers trouble with ever more messages. A retry that multiplies (each refused
 * message of a window sends the whole window again) would drown a network that is only slow.
 *
 * A peer that is far behind may be sent a great deal, but not the same over and over: what counts is what is not new.
 */
import type { Envelope, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'message-storm';
const windowUs = 100_000;
/** Repeated and empty messages of the whole cluster in a window; an untroubled run sends hundreds. */
const repeatedMax = 5_000;

export function messageStorm(world: World): Checker {
  let window = 0;
  let repeated = 0;
  const ranges = new Set<number>();
  const isNew = ({ to, message }: Envelope): boolean => {
    // One per message received: it multiplies nothing.
    if (message.type === 'appendEntriesResponse') return true;
    if (message.type !== 'appendEntries' || message.to === message.previous.seqno) return false;
    const range = to.index * 2 ** 40 + message.previous.seqno;
    if (ranges.has(range)) return false;
    ranges.add(range);
    return true;
  };
  return {
    name,
    sent(envelope) {
      const now = Math.floor(world.nowUs / windowUs);
      if (now !== window) {
        window = now;
        repeated = 0;
        ranges.clear();
      }
      if (isNew(envelope)) return;
      repeated += 1;
      check(repeated <= repeatedMax, name, () => {
        return `more than ${repeatedMax} repeated messages in ${windowUs / 1000} ms; the last from ${envelope.from.id}`;
      });
    },
  };
}
