/**
 * Recovers senders off the thread that executes: it is the costliest step of a transaction outside the EVM. Whatever
 * arrives while a thread is busy goes to it as one message, so that the cost of messages shrinks under load.
 *
 *   to a thread     (length u32 · raw transaction)…
 *   from a thread   (1 and the sender's 20 bytes, or 0 and 20 zeros)… in the same order
 */
import { Worker } from 'node:worker_threads';
import { ByteWriter, CocoError } from '@coco/primitives';
import { recoverSender } from '../codec/signature.js';
import type { Address, Awaitable, EthereumTransaction } from '../types.js';

/** Someone who says who signed. */
export interface Recovery {
  /** The sender; COCO_ETHEREUM_SIGNATURE (thrown or rejected) when nobody can have signed. */
  recover(transaction: EthereumTransaction): Awaitable<Address>;
  /** Stops the threads; what still waits is recovered on this thread. */
  close(): Promise<void>;
}

/** Recovery on `threads` threads, started when the first transaction comes; 0 recovers on the calling thread. */
export function createRecovery(threads: number): Recovery {
  if (threads === 0) return { recover: recoverSender, close: async () => undefined };
  const lanes: Lane[] = [];
  let closed = false;
  return {
    recover(transaction) {
      if (closed) return recoverSender(transaction);
      if (lanes.length < threads && lanes.every(isBusy)) lanes.push(openLane());
      const lane = lanes.reduce((least, other) => (load(other) < load(least) ? other : least));
      return new Promise((resolve, reject) => {
        lane.waiting.push({ transaction, resolve, reject });
        if (!lane.scheduled && lane.sent.length === 0) schedule(lane);
      });
    },
    async close() {
      closed = true;
      await Promise.all(lanes.map((lane) => stop(lane)));
      for (const lane of lanes) recoverHere(lane);
    },
  };
}

interface Job {
  readonly transaction: EthereumTransaction;
  readonly resolve: (sender: Address) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread and what it has been asked. */
interface Lane {
  readonly worker: Worker;
  waiting: Job[];
  sent: Job[];
  scheduled: boolean;
}

const SENDER_BYTES = 21;
/** Keeps one message, and so the wait of whoever comes next, short. */
const JOBS_PER_MESSAGE_MAX = 256;

function openLane(): Lane {
  const worker = new Worker(new URL('./worker.js', import.meta.url));
  const lane: Lane = { worker, waiting: [], sent: [], scheduled: false };
  worker.on('message', (senders: Uint8Array) => settle(lane, senders));
  // A thread that dies (out of memory, say) costs speed and nothing else.
  worker.on('error', () => recoverHere(lane));
  worker.unref();
  return lane;
}

function isBusy(lane: Lane): boolean {
  return load(lane) > 0;
}

function load(lane: Lane): number {
  return lane.waiting.length + lane.sent.length;
}

/** Sends at the end of this turn of the event loop, with what else it brings. */
function schedule(lane: Lane): void {
  lane.scheduled = true;
  setImmediate(() => {
    lane.scheduled = false;
    send(lane);
  });
}

function send(lane: Lane): void {
  if (lane.waiting.length === 0 || lane.sent.length > 0) return;
  lane.sent = lane.waiting.splice(0, JOBS_PER_MESSAGE_MAX);
  const writer = new ByteWriter(256 * lane.sent.length);
  for (const { transaction } of lane.sent) writer.sized32(transaction.raw);
  const message = writer.finish().slice();
  lane.worker.ref();
  lane.worker.postMessage(message, [message.buffer as ArrayBuffer]);
}

function settle(lane: Lane, senders: Uint8Array): void {
  const jobs = lane.sent;
  lane.sent = [];
  // A thread that has nothing to do does not keep the process alive.
  lane.worker.unref();
  send(lane);
  for (const [index, { resolve, reject }] of jobs.entries()) {
    const at = SENDER_BYTES * index;
    if (senders[at] === 1) resolve(senders.slice(at + 1, at + SENDER_BYTES));
    else reject(new CocoError('COCO_ETHEREUM_SIGNATURE', 'invalid sender'));
  }
}

/** Whoever waits for the end must live to see it. */
function stop({ worker }: Lane): Promise<number> {
  worker.ref();
  return worker.terminate();
}

function recoverHere(lane: Lane): void {
  const jobs = [...lane.sent, ...lane.waiting];
  lane.sent = [];
  lane.waiting = [];
  for (const { transaction, resolve, reject } of jobs) {
    try {
      resolve(recoverSender(transaction));
    } catch (error) {
      reject(error);
    }
  }
}
