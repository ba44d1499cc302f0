/**
 * Messages to another thread, all of one turn together: waking the other side costs more than most messages do.
 */
import { ownBytes } from './ownedBytes.js';

/** What a thread can be sent to: a port or a thread. */
export interface Postable {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** Goes to the other thread and comes back, behind all messages that were posted before it. */
export const roundTrip = 'round trip';

/** Posts messages to `target` in order, at the end of the turn in which they were given. */
export function createBatchedPost<Message extends object>(
  target: Postable,
): (message: Message | typeof roundTrip) => void {
  let gathered: unknown[] = [];
  let memory: ArrayBuffer[] = [];
  const flush = (): void => {
    const messages = gathered;
    const transfer = memory;
    gathered = [];
    memory = [];
    target.postMessage(messages, transfer);
  };
  return (message) => {
    if (gathered.length === 0) queueMicrotask(flush);
    if (message === roundTrip) {
      gathered.push(message);
      return;
    }
    const owned = ownBytes(message);
    gathered.push(owned.message);
    memory.push(...owned.memory);
  };
}
