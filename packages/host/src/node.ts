/**
 * A node: disk, peers, doors, worker and clock around one replica. Opens everything in order, replays the ledger,
 * and then only passes events in and effects out.
 */
import type { AdapterRequest, AdapterResponse, FromWorker } from '@coco/adapter';
import { parseCertificate, randomBytes } from '@coco/crypto';
import { createLedger, type Ledger } from '@coco/ledger';
import { CocoError, type NodeId, type Seqno, seededRandom } from '@coco/primitives';
import { createReplica, type Replica, type ReplicaEvent } from '@coco/replica';
import { builtinRoutes } from './builtinRoutes.js';
import { createCommitTimes } from './commitTimes.js';
import { type Address, loadGenesis, type NodeConfig } from './config.js';
import { type HardStateStore, openHardStateStore } from './hardStateStore.js';
import { type HttpEndpoint, type HttpResponse, openHttp } from './http.js';
import { type LedgerStore, openLedgerStore } from './ledgerStore.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { createNodeDisk } from './nodeDisk.js';
import { createNodeLoop, type NodeLoop } from './nodeLoop.js';
import { loadNodeSecrets, type NodeSecrets } from './nodeSecrets.js';
import { openPeers, type Peers } from './peers.js';
import { type ReplayedLedger, replayLedger } from './replayLedger.js';
import type { Sealer } from './sealer.js';
import { realTiming } from './timing.js';
import { openWorkerChannel, type WorkerChannel } from './workerChannel.js';

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly sealer: Sealer;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called once, after the node has stopped by itself: it must not go on. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningNode {
  readonly nodeId: NodeId;
  readonly application: Address;
  readonly administrative: Address;
  readonly replica: Pick<Replica, 'status' | 'isPrimary' | 'commit'>;
  /** Finishes what is under way, hands leadership over, and closes everything. */
  stop(): Promise<void>;
}

/** Starts a node; COCO_* failures say what in its configuration, disk or network is wrong. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, sealer } = options;
  const secrets = loadNodeSecrets(config.directories.sealed, sealer);
  if (secrets.nodeKey.publicKey.fingerprint !== config.nodeId) {
    throw new CocoError('COCO_HOST_SECRETS', 'the sealed node key is not the one of the configured nodeId');
  }
  const { ledger: directory } = config.directories;
  const store = await openLedgerStore({ directory, ...config.ledger });
  const hardStates = await openHardStateStore({ path: `${config.directories.sealed}/hard-state`, sealer });
  if (hardStates.state === undefined && store.last > 0) throw forgottenVotes(directory);
  const inbox = createInbox();
  const { thread, ...settings } = config.worker;
  const { adapters } = config;
  const worker = await openWorkerChannel({ settings, adapters, thread, onMessage: inbox.receive });
  const ledger = openLedger(config, secrets);
  const replayed = await replayLedger(store, ledger, worker, progressLog(options.log));
  const node = new Node(options, { secrets, store, hardStates, worker, ledger, replayed });
  inbox.open((message) => node.fromWorker(message));
  await node.open();
  return node;
}

function forgottenVotes(directory: string): CocoError {
  const why = `${directory} has entries, but the node's hard state is gone: it could vote twice`;
  return new CocoError('COCO_HOST_HARD_STATE', `${why}, so it must join again as a new node`, { directory });
}

/** Keeps what the worker says until there is a node to hear it. */
function createInbox() {
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

/** Says how far a long replay is, every few seconds. */
function progressLog(log: Log): (done: Seqno, of: Seqno) => void {
  let saidMs = performance.now();
  return (done, of) => {
    if (performance.now() - saidMs < 3000) return;
    saidMs = performance.now();
    log.info('replaying the ledger', { done, of });
  };
}

const peerLimits = {
  frameBytesMax: 256 * 1024 * 1024,
  sendBytesMax: 512 * 1024 * 1024,
  unauthenticatedMax: 64,
  handshakeTimeoutMs: 5000,
  pingMs: 5000,
  reconnectMsMin: 50,
  reconnectMsMax: 2000,
};

/** How often an idle worker is told the time; waking its thread is dear. A busy one hears it with every batch. */
const workerClockMs = 100;

/** What a node is made of, open and ready. */
interface NodeParts {
  readonly secrets: NodeSecrets;
  readonly store: LedgerStore;
  readonly hardStates: HardStateStore;
  readonly worker: WorkerChannel;
  readonly ledger: Ledger;
  readonly replayed: ReplayedLedger;
}

class Node implements RunningNode {
  readonly nodeId: NodeId;
  readonly replica: Replica;
  application: Address = { host: '', port: 0 };
  administrative: Address = { host: '', port: 0 };
  readonly #options: NodeOptions;
  readonly #parts: NodeParts;
  readonly #loop: NodeLoop;
  readonly #commitTimes = createCommitTimes();
  readonly #waiting = new Map<
    number,
    { readonly startedMs: number; readonly resolve: (r: HttpResponse) => void }
  >();
  #nextToken = 1;
  #peers: Peers | undefined;
  /** What lets clients in. */
  #doors: HttpEndpoint[] = [];
  #stopClock = (): void => undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: NodeOptions, parts: NodeParts) {
    const { config } = options;
    const { store, hardStates, worker, ledger, replayed } = parts;
    this.nodeId = config.nodeId;
    this.#options = options;
    this.#parts = parts;
    this.replica = createReplica({
      nodeId: config.nodeId,
      settings: config.replica,
      random: seededRandom(new DataView(randomBytes(4).buffer).getUint32(0)),
      ledger,
      genesis: loadGenesis(config.genesisPath),
      ...replayed,
      ...(hardStates.state !== undefined && { hardState: hardStates.state }),
    });
    this.#loop = createNodeLoop(this.replica, {
      disk: createNodeDisk(store, hardStates),
      send: (to, frame) => void this.#peers?.send(to, frame, frame[0] === 0 ? 'consensus' : 'forwarded'),
      toWorker: (message) => {
        worker.post(message);
        if (message.type === 'assigned') this.#postClock();
      },
      reply: (token, response) => this.#reply(token, response),
      committed: (seqno, items) => {
        this.#commitTimes.add(seqno, performance.timeOrigin + performance.now());
        options.metrics.add('transactions', items);
      },
      fatal: (error) => this.#fatal(error),
    });
    this.#postClock();
    this.#step({ type: 'elapsed', ms: 0, nowMs: Date.now() });
  }

  async open(): Promise<void> {
    const { config, log, metrics } = this.#options;
    const { secrets, store } = this.#parts;
    if (store.cut !== undefined) log.warn('cut off a write that a crash interrupted', { ...store.cut });
    log.info('ledger replayed', { entries: store.last, commit: this.replica.commit });
    this.#peers = await openPeers({
      privateKey: secrets.nodeKey,
      certificate: parseCertificate(this.#ownCertificate()),
      serviceCertificate: parseCertificate(config.serviceCertificatePem),
      listen: config.addresses.peer,
      nodes: config.nodes.map(({ nodeId, peer }) => ({ nodeId, address: peer })),
      limits: peerLimits,
      timing: realTiming(seededRandom(new DataView(randomBytes(4).buffer).getUint32(0))),
      onFrame: (from, bytes) => this.#step({ type: 'frame', from, bytes }),
      onEvent: ({ type, ...facts }) => log.info(`peer ${type}`, facts),
    });
    await this.#openDoors();
    this.#startClock();
    metrics.set('platform_proves_nothing', this.#options.sealer.provesNothing ? 1 : 0);
  }

  #ownCertificate(): string {
    const own = this.#options.config.nodes.find(({ nodeId }) => nodeId === this.nodeId);
    return own?.certificatePem ?? '';
  }

  async #openDoors(): Promise<void> {
    const { config, log } = this.#options;
    const builtin = builtinRoutes({
      nodeId: this.nodeId,
      replica: this.replica,
      nodes: config.nodes,
      serviceCertificatePem: config.serviceCertificatePem,
      provesNothing: this.#options.sealer.provesNothing,
      metrics: this.#options.metrics,
      commitTimes: this.#commitTimes,
    });
    const common = {
      key: this.#parts.secrets.nodeKey,
      certificate: parseCertificate(this.#ownCertificate()),
      serviceCertificatePem: config.serviceCertificatePem,
      admitAnonymous: config.admitAnonymous,
      actors: loadGenesis(config.genesisPath),
      limits: config.limits,
      log,
    };
    const application = await openHttp({
      ...common,
      listen: config.addresses.application,
      corsOrigins: config.corsOrigins,
      handle: async (request) => builtin(request, 'app') ?? this.#request(request),
    });
    const administrative = await openHttp({
      ...common,
      listen: config.addresses.administrative,
      handle: async (request) => builtin(request, 'node') ?? notFound,
    });
    this.application = application.address;
    this.administrative = administrative.address;
    this.#doors = [application, administrative];
  }

  #startClock(): void {
    let last = performance.now();
    let posted = last;
    const tick = setInterval(() => {
      const now = performance.now();
      const ms = now - last;
      last = now;
      if (now - posted >= workerClockMs) {
        posted = now;
        this.#postClock();
      }
      this.#step({ type: 'elapsed', ms, nowMs: Date.now() });
    }, this.#options.config.tickMs);
    this.#stopClock = () => clearInterval(tick);
  }

  #postClock(): void {
    this.#parts.worker.post({ type: 'clock', nowMs: Date.now(), entropy: randomBytes(32) });
  }

  /** A step that fails is the end of the node, except that a malformed frame costs only its sender. */
  #step(event: ReplicaEvent): void {
    try {
      this.#loop.step(event);
    } catch (error) {
      const hostile =
        event.type === 'frame' && error instanceof CocoError && error.code !== 'COCO_REPLICA_UNSOUND';
      if (hostile) throw error;
      this.#fatal(error);
    }
  }

  fromWorker(message: FromWorker): void {
    if (message.type === 'trouble') this.#options.log.error(message.message);
    this.#step({ type: 'worker', message });
  }

  #request(request: AdapterRequest): Promise<HttpResponse> {
    const token = this.#nextToken++;
    return new Promise((resolve) => {
      this.#waiting.set(token, { startedMs: performance.now(), resolve });
      this.#step({ type: 'request', token, request, nowMs: Date.now() });
    });
  }

  #reply(token: number, response: AdapterResponse): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return;
    this.#waiting.delete(token);
    const { txId, ...rest } = response;
    if (txId !== undefined) {
      this.#options.metrics.observe('commit_latency', performance.now() - waiting.startedMs);
      const header = { 'x-ms-ccf-transaction-id': `${txId.view}.${txId.seqno}` };
      waiting.resolve({ ...rest, headers: { ...rest.headers, ...header } });
    } else {
      waiting.resolve(rest);
    }
  }

  #fatal(error: unknown): void {
    if (this.#stopping !== undefined) return;
    const facts = error instanceof CocoError ? { code: error.code, ...error.facts } : {};
    this.#options.log.error(
      `the node stops: ${error instanceof Error ? error.message : String(error)}`,
      facts,
    );
    this.#loop.stop();
    for (const token of this.#waiting.keys()) this.#reply(token, stopped);
    void this.#close().finally(() => this.#options.onFatal(error));
  }

  stop(): Promise<void> {
    if (this.replica.isPrimary) this.#step({ type: 'transferLeadership' });
    return this.#close();
  }

  /** The doors first: what has come in by them is answered while everything else still works. */
  #close(): Promise<void> {
    const { worker, store, hardStates } = this.#parts;
    this.#stopping ??= (async () => {
      await Promise.all(this.#doors.map((door) => door.close()));
      await this.#loop.drained();
      this.#loop.stop();
      this.#stopClock();
      await this.#peers?.close();
      await worker.close();
      await store.close();
      await hardStates.close();
    })();
    return this.#stopping;
  }
}

const stopped = refusal(503, 'COCO_HOST_STOPPED', 'the node stops; whether this was done is not known');
const notFound = refusal(404, 'COCO_HOST_NO_ROUTE', 'nothing is served here');

function refusal(status: number, code: string, message: string): HttpResponse {
  const body = new TextEncoder().encode(JSON.stringify({ error: { code, message } }));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function openLedger(config: NodeConfig, secrets: NodeSecrets): Ledger {
  const own = config.nodes.find(({ nodeId }) => nodeId === config.nodeId);
  const serviceCertificate = parseCertificate(config.serviceCertificatePem);
  return createLedger({
    identity: {
      nodeId: config.nodeId,
      nodeKey: secrets.nodeKey,
      nodeCertificate: parseCertificate(own?.certificatePem ?? ''),
      serviceKey: secrets.serviceKey,
      serviceCertificate,
    },
    serviceCertificate,
    secrets: secrets.ledgerSecrets,
    receiptLeavesMax: config.ledger.receiptLeavesMax,
    chunkBytes: config.ledger.chunkBytesMax,
  });
}
