/**
 * Runs the worker in a process of its own (ARC-3, MIT-1): the manager's side. The process gets no key and no secret, an
 * empty environment, and one way out: a pair of sockets, on which the manager parses what comes strictly, and checks that
 * the worker may say it. Whatever is wrong there ends the worker, and so, in order, the node.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  decodeFromWorker,
  encodeToWorker,
  type FromWorker,
  fromWorkerBytesMax,
  type ToWorker,
} from '@coco/adapter';
import { CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { createFrameReader } from './frameReader.js';
import type { WorkerChannel, WorkerChannelOptions } from './workerChannel.js';
import { codeRoots } from './workerCode.js';
import { type Confinement, confineWorker } from './workerConfinement.js';
import { createWorkerDoor, type WorkerDoor } from './workerDoor.js';
import { createFrameSender, type FrameSender, frameKinds } from './workerFrames.js';
import { followOutput, type WorkerOutput } from './workerOutput.js';
import { type WorkerProtection, type WorkerSituation, workerProtections } from './workerPlacement.js';

export interface WorkerProcessOptions extends Omit<WorkerChannelOptions, 'placement'> {
  readonly placement: Pick<WorkerChannelOptions['placement'], 'user' | 'network'>;
  /** Protections that are left out, so that a test can look at each of the others alone. Default none. */
  readonly without?: readonly WorkerProtection[];
}

const entryUrl = new URL('./workerProcessEntry.js', import.meta.url);
/** By this, packages with native code tell which of their builds fits; refused, they go on without, ten times as slow. */
const platformFiles = ['/etc/alpine-release'];
/** A worker that leaves so much unread does not work any more; it would take the manager's memory. */
const unsentBytesMax = 2 ** 29;
const endTimeoutMs = 2000;

/** Starts it. COCO_HOST_ADAPTER when its adapters cannot be loaded, COCO_HOST_WORKER_USER, COCO_HOST_WORKER_ENDED. */
export async function openWorkerProcess(options: WorkerProcessOptions): Promise<WorkerChannel> {
  const { placement, hidden = [], without = [], adapters, log } = options;
  const entry = fileURLToPath(entryUrl);
  const { execPath } = process;
  const confinement = confineWorker({ placement, hidden, without, executable: execPath, entry });
  const nodePermissions = !without.includes('nodePermissions');
  const modules = adapters.map(({ module }) => module);
  const words = [...nodeOptions(placement.network, nodePermissions ? modules : undefined), entry];
  const situation: WorkerSituation = {
    isolation: 'process',
    user: confinement.user,
    protections: [...confinement.protections, ...(nodePermissions ? (['nodePermissions'] as const) : [])],
  };
  const running = new WorkerProcess(options, situation, start(confinement, [execPath, ...words]));
  await running.ready();
  tellSituation(situation, placement.network, log);
  return running;
}

function start(confinement: Confinement, command: readonly string[]): ChildProcess {
  const [program = '', ...words] = [...confinement.command, ...command];
  return spawn(program, words, {
    cwd: '/',
    env: { ...confinement.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A session of its own: neither a terminal's Ctrl-C nor the terminal itself is for the worker.
    detached: true,
  });
}

/** Options of Node.js; with `modules`, its permission model, which lets the worker read their code and nothing else. */
function nodeOptions(network: boolean, modules: readonly string[] | undefined): readonly string[] {
  const known = process.allowedNodeEnvironmentFlags;
  const ifKnown = (...options: readonly string[]): readonly string[] =>
    options.filter((option) => known.has(option.split('=', 1)[0] as string));
  const permission = known.has('--permission') ? '--permission' : '--experimental-permission';
  return [
    // As the worker has them in a thread: transactions leave much garbage that dies at once.
    '--max-semi-space-size=64',
    '--initial-old-space-size=256',
    '--disallow-code-generation-from-strings',
    ...ifKnown('--disable-sigusr1'),
    ...ifKnown('--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning'),
    ...(modules === undefined
      ? []
      : [
          permission,
          ...[...codeRoots([entryUrl.href, ...modules]), ...platformFiles].map(
            (file) => `--allow-fs-read=${file}`,
          ),
          // The Ethereum adapter recovers senders in threads, with native code.
          '--allow-worker',
          ...ifKnown('--allow-addons', '--allow-wasi', ...(network ? ['--allow-net'] : [])),
        ]),
  ];
}

function tellSituation(
  { user = '', protections }: WorkerSituation,
  network: boolean,
  log: WorkerChannelOptions['log'],
): void {
  const holds = protections.join(', ');
  log?.info('the worker runs in a process of its own', { user, holds });
  const lacks = workerProtections.filter(
    (one) => !protections.includes(one) && !(one === 'ownNetwork' && network),
  );
  if (lacks.length === 0) return;
  const sentence = 'this platform does not allow all that would keep the worker apart from the manager';
  log?.warn(sentence, { lacks: lacks.join(', ') });
}

class WorkerProcess implements WorkerChannel {
  readonly situation: WorkerSituation;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #onMessage: (message: FromWorker) => void;
  readonly #door: WorkerDoor;
  readonly #reader = createFrameReader(fromWorkerBytesMax);
  readonly #sender: FrameSender;
  readonly #output: WorkerOutput;
  /** Resolved when what was posted before has been received, in order. */
  #waiting: (() => void)[] = [];
  #readied: ((error?: CocoError) => void) | undefined;
  #open = true;
  readonly #ended: Promise<void>;

  constructor(options: WorkerProcessOptions, situation: WorkerSituation, child: ChildProcess) {
    const { settings, adapters, onMessage, log } = options;
    this.situation = situation;
    this.#onMessage = onMessage;
    this.#child = child;
    this.#socket = child.stdio[3] as Socket;
    this.#door = createWorkerDoor(settings.batch.itemsMax, () => performance.now());
    this.#output = followOutput(
      [child.stdout as Readable, child.stderr as Readable],
      log ?? { warn: () => undefined },
    );
    this.#sender = createFrameSender((bytes) => this.#send(bytes));
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    child.once('error', (error) => this.#fail('COCO_HOST_WORKER_ENDED', error.message));
    child.once('close', (code, signal) => {
      const how = signal === null ? `with exit status ${code}` : `by ${signal}`;
      const words = this.#output.lastWords();
      this.#fail(
        'COCO_HOST_WORKER_ENDED',
        `the worker's process ended ${how}${words === '' ? '' : `: ${words}`}`,
      );
    });
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    // The end of the process says more.
    this.#socket.on('error', () => undefined);
    this.#sender.frame((writer) =>
      writer.u8(frameKinds.start).raw(utf8(JSON.stringify({ settings, adapters }))),
    );
  }

  /** Resolves when the adapters are loaded. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#readied = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  post(message: ToWorker): void {
    if (!this.#open) return;
    this.#door.told(message);
    this.#sender.frame((writer) => encodeToWorker(message, writer));
  }

  caughtUp(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#sender.frame((writer) => void writer.u8(frameKinds.roundTrip));
    });
  }

  async close(): Promise<void> {
    this.#shut();
    // Where the worker has a user of its own and the manager may not end it, it notices that the socket is closed.
    await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, endTimeoutMs).unref())]);
  }

  #send(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength <= unsentBytesMax) return;
    this.#fail('COCO_HOST_WORKER_STUCK', 'the worker does not take what it is sent any more');
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#open) return;
    const frames = this.#reader.push(bytes);
    for (const frame of frames ?? []) {
      if (!this.#open) return;
      this.#frame(frame);
    }
    if (frames === undefined) this.#fail('COCO_HOST_WORKER_MESSAGE', 'the worker sent too large a message');
  }

  #frame(frame: Uint8Array): void {
    const kind = frame[0];
    if (this.#readied !== undefined) {
      this.#started(kind, frame.subarray(1));
    } else if (kind === frameKinds.roundTrip && frame.length === 1 && this.#waiting.length > 0) {
      this.#waiting.shift()?.();
    } else {
      const message = this.#parse(frame);
      if (message !== undefined) this.#onMessage(message);
    }
  }

  #started(kind: number | undefined, text: Uint8Array): void {
    const readied = this.#readied as (error?: CocoError) => void;
    this.#readied = undefined;
    if (kind === frameKinds.ready) {
      readied();
      return;
    }
    const said = kind === frameKinds.notReady ? fromUtf8(text)?.slice(0, 2000) : undefined;
    this.#shut();
    readied(new CocoError('COCO_HOST_ADAPTER', said ?? 'the worker did not say that it was ready'));
  }

  /** The one place where what a worker sends becomes a message of the manager's. */
  #parse(frame: Uint8Array): FromWorker | undefined {
    try {
      const message = decodeFromWorker(frame);
      return this.#door.admits(message) ? message : undefined;
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      const code = error.code.startsWith('COCO_HOST_') ? error.code : 'COCO_HOST_WORKER_MESSAGE';
      this.#fail(code, error.message);
      return undefined;
    }
  }

  /** The worker is of no use any more: the manager hears of it once, and of nothing after. */
  #fail(code: string, sentence: string): void {
    if (!this.#open) return;
    this.#shut();
    const readied = this.#readied;
    this.#readied = undefined;
    if (readied !== undefined) readied(new CocoError(code, sentence));
    else this.#onMessage({ type: 'failed', message: `${code}: ${sentence}` });
  }

  #shut(): void {
    this.#open = false;
    this.#socket.destroy();
    this.#child.kill('SIGKILL');
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}
