/**
 * Entry of the worker's process: takes settings and adapters from the manager, loads them, says that it is ready, and passes
 * messages on. It ends when the manager does.
 */
import { Socket } from 'node:net';
import process from 'node:process';
import {
  type AdapterResponse,
  decodeToWorker,
  encodeFromWorker,
  type FromWorker,
  toWorkerBytesMax,
} from '@coco/adapter';
import { assert, CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { createWorker, type WorkerSettings } from '@coco/worker';
import type { AdapterChoice } from './config.js';
import { createFrameReader } from './frameReader.js';
import { loadAdapters } from './loadAdapters.js';
import { createFrameSender, frameKinds } from './workerFrames.js';

/** What the manager left open for the worker. */
const descriptor = 3;

interface Start {
  readonly settings: WorkerSettings;
  readonly adapters: readonly AdapterChoice[];
}

// The signal would open a debugger.
process.on('SIGUSR1', () => undefined);
const socket = new Socket({ fd: descriptor, readable: true, writable: true });
socket.on('end', () => process.exit(0));
socket.on('error', () => process.exit(0));
const sender = createFrameSender((bytes) => void socket.write(bytes));
const reader = createFrameReader(toWorkerBytesMax);
/** Frames that came before there was a worker to take them. */
const early: Uint8Array[] = [];
let take = (frame: Uint8Array): void => void early.push(frame);
socket.on('data', (bytes: Buffer) => {
  const frames = reader.push(bytes);
  assert(frames !== undefined, 'the manager sends no message over the limit');
  for (const frame of frames) take(frame);
});
await begin(await firstFrame());

function firstFrame(): Promise<Uint8Array> {
  return new Promise((resolve) => {
    take = (frame) => {
      take = (next) => void early.push(next);
      resolve(frame);
    };
  });
}

async function begin(frame: Uint8Array): Promise<void> {
  assert(frame[0] === frameKinds.start, 'the manager says first what to start');
  const { settings, adapters } = JSON.parse(fromUtf8(frame.subarray(1)) ?? '') as Start;
  let loaded: Awaited<ReturnType<typeof loadAdapters>>;
  try {
    loaded = await loadAdapters(adapters);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    sender.frame((writer) => void writer.u8(frameKinds.notReady).raw(utf8(reason)));
    return;
  }
  const worker = createWorker({ adapters: loaded.map(({ adapter }) => adapter), settings, post });
  take = (next) => {
    if (next[0] === frameKinds.roundTrip) sender.frame((writer) => void writer.u8(frameKinds.roundTrip));
    else worker.receive(decodeToWorker(next));
  };
  sender.frame((writer) => void writer.u8(frameKinds.ready));
  for (const next of early.splice(0)) take(next);
}

function post(message: FromWorker): void {
  try {
    sender.frame((writer) => encodeFromWorker(message, writer));
  } catch (error) {
    if (!(error instanceof CocoError) || message.type !== 'response') throw error;
    const { id } = message;
    sender.frame((writer) => encodeFromWorker({ type: 'response', id, response: unsendable(error) }, writer));
  }
}

/** An adapter's answer that is none, or that is too large. */
function unsendable({ message }: CocoError): AdapterResponse {
  const code = 'COCO_HOST_WORKER_ANSWER';
  const body = utf8(JSON.stringify({ error: { code, message } }));
  return { status: 500, headers: { 'content-type': 'application/json' }, body };
}
