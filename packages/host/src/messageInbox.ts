/**
 * What the worker says before there is a node to hear it.
 */
import type { FromWorker } from '@coco/adapter';

/** Keeps what the worker says until there is a node to hear it. */
export function createInbox() {
  const early: FromWorker[] = [];
  let receive = (message: FromWorker): void => void early.push(message);
  return {
    receive: (message: FromWorker): void => receive(message),
    open(receiver: (message: FromWorker) => void): void {
      receive = receiver;
      for (const message of early) receiver(message);
    },
  };
}
