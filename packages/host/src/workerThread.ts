/**
 * Entry of the worker thread: loads the adapters, says that it is ready, and passes messages on.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker } from '@coco/adapter';
import { assert } from '@coco/primitives';
import { createWorker, type WorkerSettings } from '@coco/worker';
import type { AdapterChoice } from './config.js';
import { loadAdapters } from './loadAdapters.js';
import { ownBytes } from './ownedBytes.js';
import { roundTrip } from './roundTrip.js';

const port = parentPort;
assert(port !== null, 'this file is the entry of a worker thread');
const { settings, adapters } = workerData as {
  readonly settings: WorkerSettings;
  readonly adapters: readonly AdapterChoice[];
};
const loaded = await loadAdapters(adapters);
const worker = createWorker({
  adapters: loaded.map(({ adapter }) => adapter),
  settings,
  post: (message) => {
    const owned = ownBytes(message);
    port.postMessage(owned.message, owned.memory);
  },
});
port.on('message', (message: ToWorker | typeof roundTrip) => {
  if (message === roundTrip) port.postMessage(roundTrip);
  else worker.receive(message);
});
port.postMessage('ready');
