/**
 * A node: disk, peers, doors, worker and clock around one replica. It passes events in and effects out, and decides
 * nothing itself.
 */
import type { AdapterRequest, AdapterResponse, FromWorker } from '@coco/adapter';
import { parseCertificate, randomBytes } from '@coco/crypto';
import { distrustedNodes } from '@coco/governance';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, type NodeId, seededRandom } from '@coco/primitives';
import type { Replica, ReplicaEvent } from '@coco/replica';
import type { Address } from './address.js';
import { askForAdmission } from './admission.js';
import { type Attesting, createAttesting } from './attestation/attesting.js';
import { createCommitTimes } from './commitTimes.js';
import type { NodeConfig } from './config.js';
import { createFreshness, type Freshness } from './freshness.js';
import type { HttpResponse } from './http.js';
import type { Log } from './log.js';
import { createMemberEvents, type MemberEvents } from './memberEvents.js';
import type { Metrics } from './metrics.js';
import { startNodeClock } from './nodeClock.js';
import { createNodeDisk } from './nodeDisk.js';
import { type NodeDoors, openNodeDoors } from './nodeDoors.js';
import { createNodeLoop, type NodeLoop } from './nodeLoop.js';
import { NodeNetwork } from './nodeNetwork.js';
import { committedTables, type NodeParts, openNodeParts } from './nodeParts.js';
import { nodeReplica, randomSeed } from './nodeReplica.js';
import { nodeRouting } from './nodeRouting.js';
import { saveLedgerSecrets, saveMembership } from './nodeSecrets.js';
import { createPeerLog } from './peerLog.js';
import { openPeers, type Peers } from './peers.js';
import { failure } from './routes/answers.js';
import type { Sealer } from './sealer.js';
import { createStatusWatch, type StatusWatch } from './statusWatch.js';
import { realTiming } from './timing.js';
import { sayTurnedBack } from './turnedBack.js';

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
  readonly peer: Address;
  readonly replica: Pick<Replica, 'status' | 'isPrimary' | 'commit'>;
  /** Finishes what is under way, hands leadership over, and closes everything. */
  stop(): Promise<void>;
}

/** Starts a node; COCO_* failures say what in its configuration, disk or network is wrong. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const inbox = createInbox();
  const { config, sealer, log } = options;
  const parts = await openNodeParts({ config, sealer, log, onMessage: inbox.receive });
  const node = new Node(options, parts);
  inbox.open((message) => node.fromWorker(message));
  try {
    await node.open();
  } catch (error) {
    await node.stop();
    throw error;
  }
  return node;
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

const peerLimits = {
  frameBytesMax: 256 * 1024 * 1024,
  sendBytesMax: 512 * 1024 * 1024,
  unauthenticatedMax: 64,
  handshakeTimeoutMs: 5000,
  attestationTimeoutMs: 30_000,
  pingMs: 5000,
  reconnectMsMin: 50,
  reconnectMsMax: 2000,
};

const eventLimits = { subscribersMax: 100, keptMax: 1000, waitingBytesMax: 1 << 20, heartbeatMs: 15_000 };

class Node implements RunningNode {
  readonly nodeId: NodeId;
  readonly replica: Replica;
  application: Address = { host: '', port: 0 };
  administrative: Address = { host: '', port: 0 };
  peer: Address = { host: '', port: 0 };
  readonly #options: NodeOptions;
  readonly #parts: NodeParts;
  readonly #loop: NodeLoop;
  readonly #network: NodeNetwork;
  readonly #attesting: Attesting;
  readonly #events: MemberEvents;
  readonly #watch: StatusWatch;
  readonly #timing = realTiming(seededRandom(randomSeed()));
  readonly #commitTimes = createCommitTimes();
  readonly #freshness: Freshness;
  readonly #waiting = new Map<
    number,
    { readonly startedMs: number; readonly resolve: (r: HttpResponse) => void }
  >();
  #nextToken = 1;
  #peers: Peers | undefined;
  /** What lets clients in. */
  #doors: NodeDoors | undefined;
  #stopClock = (): void => undefined;
  #stopAsking = (): void => undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: NodeOptions, parts: NodeParts) {
    const { config, sealer } = options;
    const { identity, replayed, network, membership } = parts;
    this.nodeId = identity.nodeId;
    this.#options = options;
    this.#parts = parts;
    this.#watch = createStatusWatch(options.log);
    this.#events = createMemberEvents({ ...eventLimits, timing: this.#timing });
    this.#events.begin(network, committedTables(replayed.governanceStore, replayed.commit));
    this.#network = new NodeNetwork({
      nodeId: identity.nodeId,
      membership,
      network,
      events: this.#events,
      log: options.log,
      distrusted: () => distrustedNodes(this.#tables()).length,
      saveMembership: (changed) => saveMembership(config.directories.sealed, sealer, changed),
    });
    this.#attesting = createAttesting({
      config,
      identity,
      serviceFingerprint: parseCertificate(membership.serviceCertificatePem).fingerprint,
      network: this.#network,
      status: () => this.replica.status(),
      door: () => this.#doors?.administrative.address,
      ...(config.join !== undefined && { joinPeer: config.join.peer }),
      onSecrets: (secrets) => this.#step({ type: 'secrets', secrets }),
      log: options.log,
      metrics: options.metrics,
    });
    this.replica = nodeReplica(config, parts);
    this.#freshness = createFreshness(config.reads, replayed.commit);
    this.#loop = this.#createLoop();
    this.#postClock();
    this.#step({ type: 'elapsed', ms: 0, nowMs: Date.now() });
  }

  #createLoop(): NodeLoop {
    const { store, hardStates, worker, snapshots } = this.#parts;
    return createNodeLoop(this.replica, {
      disk: createNodeDisk(store, hardStates),
      send: (to, frame) => void this.#peers?.send(to, frame, frame[0] === 0 ? 'consensus' : 'forwarded'),
      toWorker: (message) => {
        worker.post(message);
        if (message.type === 'assigned') this.#postClock();
        if (message.type === 'role') this.#network.leads(message.primary);
      },
      reply: (token, response) => this.#reply(token, response),
      committed: (seqno, items) => {
        this.#commitTimes.add(seqno, performance.timeOrigin + performance.now());
        this.#freshness.applied(seqno);
        this.#options.metrics.add('transactions', items);
      },
      secrets: (secrets) => this.#keepSecrets(secrets),
      governed: (tables) => this.#events.tables(tables),
      network: (views) => this.#network.changed(views),
      snapshots: (effects) => snapshots.carryOut(effects),
      turnedBack: (found) => sayTurnedBack(this.nodeId, found, this.#options.log),
      fatal: (error) => this.#fatal(error),
    });
  }

  #keepSecrets(secrets: readonly LedgerSecret[]): void {
    const { config, sealer, log } = this.#options;
    saveLedgerSecrets(config.directories.sealed, sealer, secrets);
    log.info('keeps a new secret of the ledger', { secrets: secrets.length });
  }

  async open(): Promise<void> {
    const { config, log, metrics } = this.#options;
    const { secrets, store, membership } = this.#parts;
    if (store.cut !== undefined) log.warn('cut off a write that a crash interrupted', { ...store.cut });
    log.info('ledger replayed', { first: store.first, last: store.last, commit: this.replica.commit });
    this.#peers = await openPeers({
      privateKey: secrets.nodeKey,
      certificate: parseCertificate(this.#network.certificatePem),
      serviceCertificate: parseCertificate(membership.serviceCertificatePem),
      listen: config.addresses.peer,
      nodes: this.#network.peers,
      limits: peerLimits,
      timing: this.#timing,
      attestation: this.#attesting.sessions,
      refusalOf: (nodeId) => this.#network.refusalOf(nodeId),
      onFrame: (from, bytes) => this.#step({ type: 'frame', from, bytes }),
      onEvent: createPeerLog({ log, metrics, onOut: this.#attesting.lease.told }),
    });
    this.peer = this.#peers.address;
    this.#doors = await this.#openDoors();
    this.application = this.#doors.application.address;
    this.administrative = this.#doors.administrative.address;
    this.#network.follow({ peers: this.#peers, doors: this.#doors });
    this.#startClock();
    if (membership.joined !== undefined && !this.#network.isTakenIn) this.#askForAdmission();
    metrics.set('platform_proves_nothing', this.#attesting.evidence.provesNothing ? 1 : 0);
  }

  /** Governance tables as committed. */
  #tables(): ReturnType<typeof committedTables> {
    return committedTables(this.#parts.replayed.governanceStore, this.replica.commit);
  }

  #openDoors(): Promise<NodeDoors> {
    const { config, log, metrics } = this.#options;
    const { secrets, membership, store } = this.#parts;
    const { serviceCertificatePem } = membership;
    const routing = nodeRouting({
      config,
      parts: this.#parts,
      attesting: this.#attesting,
      replica: this.replica,
      serviceCertificate: parseCertificate(serviceCertificatePem),
      metrics,
      commitTimes: this.#commitTimes,
      freshness: this.#freshness,
      events: this.#events,
      startSeqno: store.last,
      network: () => this.#network.committed,
      head: () => this.#network.head,
      tables: () => this.#tables(),
      admit: (nodeId, certificatePem, attestation) =>
        this.#ask((token) => ({ type: 'admit', token, nodeId, certificatePem, attestation })),
      renewLease: (nodeId, attestation, last) =>
        this.#ask((token) => ({ type: 'renewLease', token, nodeId, attestation, last })),
      forget: (nodeId) => this.#ask((token) => ({ type: 'forgetNode', token, nodeId })),
      makeSnapshot: () => this.#step({ type: 'makeSnapshot' }),
    });
    return openNodeDoors({
      config,
      key: secrets.nodeKey,
      certificatePem: this.#network.certificatePem,
      serviceCertificatePem,
      network: this.#network.committed,
      log,
      ...routing,
      freshness: this.#freshness,
      forward: (request) => this.#request(request),
    });
  }

  #askForAdmission(): void {
    const { config, log } = this.#options;
    const { secrets, membership, store } = this.#parts;
    this.#stopAsking = askForAdmission({
      peer: config.join?.peer,
      membership,
      key: secrets.nodeKey,
      evidence: this.#attesting.evidence,
      startupSeqno: store.last,
      isTakenIn: () => this.#network.isTakenIn,
      onNodes: (nodes) => this.#network.told(nodes),
      onSecrets: (secrets) => this.#step({ type: 'secrets', secrets }),
      onWaiting: (waiting) => log.info('not yet taken in', { ...waiting }),
      onRefused: (error) => {
        if (error.code === 'COCO_JOIN_CONSTITUTION') this.#network.forgetApproval();
        this.#fatal(error);
      },
    });
  }

  #startClock(): void {
    this.#stopClock = startNodeClock({
      tickMs: this.#options.config.tickMs,
      passed: (ms) => this.#step({ type: 'elapsed', ms, nowMs: Date.now() }),
      tellWorker: () => this.#postClock(),
      look: () => {
        const status = this.replica.status();
        this.#watch(status);
        this.#freshness.look(status);
        this.#attesting.look();
      },
    });
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
    return this.#ask((token) => ({ type: 'request', token, request, nowMs: Date.now() }));
  }

  /** Takes the step that `event` makes of a token; its answer. */
  #ask(event: (token: number) => ReplicaEvent): Promise<HttpResponse> {
    const token = this.#nextToken++;
    return new Promise((resolve) => {
      this.#waiting.set(token, { startedMs: performance.now(), resolve });
      this.#step(event(token));
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
    const { worker, store, hardStates, snapshots } = this.#parts;
    this.#stopping ??= (async () => {
      this.#stopAsking();
      this.#attesting.stop();
      this.#events.close();
      await this.#doors?.close();
      await this.#loop.drained();
      this.#loop.stop();
      this.#stopClock();
      await this.#peers?.close();
      await worker.close();
      await snapshots.settled();
      await store.close();
      await hardStates.close();
    })();
    return this.#stopping;
  }
}

const stopped = failure(503, 'COCO_HOST_STOPPED', 'the node stops; whether this was done is not known');
