/**
 * Keeps what the worker says until there is a node to hear it.
 */
import type { FromWorker } from '@coco/adapter';

export interface WorkerInbox {
  receive(message: FromWorker): void;
  /** From now on `receiver` hears everything, what was kept first. */
  open(receiver: (message: FromWorker) => void): void;
}

export function createWorkerInbox(): WorkerInbox {
  const early: FromWorker[] = [];
  let receive = (message: FromWorker): void => void early.push(message);
  return {
    receive: (message) => receive(message),
    open(receiver) {
      receive = receiver;
      for (const message of early) receiver(message);
    },
  };
}
