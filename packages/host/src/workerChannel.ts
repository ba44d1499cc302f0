/**
 * Runs the worker in this thread, in one of its own, or in a process of its own, behind the same messages (ARC-3). In this
 * thread messages go through a queue, so that neither side is ever called from within the other.
 */
import { Worker as Thread } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '@coco/adapter';
import { assertNever, CocoError } from '@coco/primitives';
import { createWorker, type WorkerSettings } from '@coco/worker';
import type { AdapterChoice } from './config.js';
import { loadAdapters } from './loadAdapters.js';
import type { Log } from './log.js';
import { createBatchedPost, roundTrip } from './threadPort.js';
import type { WorkerPlacement, WorkerSituation } from './workerPlacement.js';
import { openWorkerProcess } from './workerProcess.js';

export interface WorkerChannel {
  readonly situation: WorkerSituation;
  post(message: ToWorker): void;
  /** Resolves when the worker has received everything posted before, or is gone. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

export interface WorkerChannelOptions {
  readonly settings: WorkerSettings;
  readonly adapters: readonly AdapterChoice[];
  readonly placement: WorkerPlacement;
  /** Files and directories that a worker in a process of its own shall not see. Default none. */
  readonly hidden?: readonly string[];
  readonly log?: Pick<Log, 'info' | 'warn'>;
  readonly onMessage: (message: FromWorker) => void;
}

export async function openWorkerChannel(options: WorkerChannelOptions): Promise<WorkerChannel> {
  switch (options.placement.isolation) {
    case 'none':
      return openInline(options);
    case 'thread':
      return openThread(options);
    case 'process':
      return openWorkerProcess(options);
    default:
      return assertNever(options.placement.isolation, 'isolation of the worker');
  }
}

async function openInline({ settings, adapters, onMessage }: WorkerChannelOptions): Promise<WorkerChannel> {
  const loaded = await loadAdapters(adapters);
  const turn = (deliver: () => void): void => void setImmediate(deliver);
  let closed = false;
  const worker = createWorker({
    adapters: loaded.map(({ adapter }) => adapter),
    settings,
    post: (message) => turn(() => !closed && onMessage(message)),
  });
  return {
    situation: { isolation: 'none', protections: [] },
    post: (message) => turn(() => !closed && worker.receive(message)),
    caughtUp: () => new Promise((resolve) => turn(resolve)),
    async close() {
      closed = true;
      for (const { close } of loaded) await close();
    },
  };
}

async function openThread({ settings, adapters, onMessage }: WorkerChannelOptions): Promise<WorkerChannel> {
  const thread = new Thread(new URL('./workerThread.js', import.meta.url), {
    workerData: { settings, adapters },
    // Transactions leave much garbage that dies at once; with the default, 48, it is collected four times as often.
    resourceLimits: { maxYoungGenerationSizeMb: 192 },
  });
  let closed = false;
  await new Promise<void>((resolve, reject) => {
    thread.once('message', () => resolve());
    // An error loses its class and code on the way between threads.
    thread.once('error', ({ message }) => reject(new CocoError('COCO_HOST_ADAPTER', message)));
  });
  let ended = false;
  const waiting: (() => void)[] = [];
  thread.on('message', (messages: readonly (FromWorker | typeof roundTrip)[]) => {
    for (const message of messages) {
      if (message === roundTrip) waiting.shift()?.();
      else if (!closed) onMessage(message);
    }
  });
  thread.on('error', (error) => onMessage({ type: 'failed', message: String(error) }));
  thread.on('exit', () => {
    ended = true;
    for (const resolve of waiting) resolve();
    if (!closed) onMessage({ type: 'failed', message: 'the worker thread ended' });
  });
  const post = createBatchedPost<ToWorker>(thread);
  return {
    situation: { isolation: 'thread', protections: [] },
    post,
    caughtUp: () =>
      new Promise((resolve) => {
        if (ended) return resolve();
        waiting.push(resolve);
        post(roundTrip);
      }),
    async close() {
      closed = true;
      await thread.terminate();
    },
  };
}
