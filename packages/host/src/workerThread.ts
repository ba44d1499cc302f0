/**
 * Entry of the worker thread: loads the adapters, says that it is ready, and passes messages on.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '@coco/adapter';
import { assert } from '@coco/primitives';
import { createWorker, type WorkerSettings } from '@coco/worker';
import type { AdapterChoice } from './config.js';
import { loadAdapters } from './loadAdapters.js';
import { createBatchedPost, roundTrip } from './threadPort.js';

const port = parentPort;
assert(port !== null, 'this file is the entry of a worker thread');
const { settings, adapters } = workerData as {
  readonly settings: WorkerSettings;
  readonly adapters: readonly AdapterChoice[];
};
const loaded = await loadAdapters(adapters);
const post = createBatchedPost<FromWorker>(port);
const worker = createWorker({ adapters: loaded.map(({ adapter }) => adapter), settings, post });
port.on('message', (messages: readonly (ToWorker | typeof roundTrip)[]) => {
  for (const message of messages) {
    if (message === roundTrip) post(message);
    else worker.receive(message);
  }
});
port.postMessage('ready');
