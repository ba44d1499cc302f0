/**
 * A node: disk, peers, doors, worker and clock around one replica. It passes events in and effects out, and decides
 * nothing itself.
 */
import type { AdapterRequest, FromWorker } from '@coco/adapter';
import { parseCertificate, randomBytes } from '@coco/crypto';
import { distrustedNodes } from '@coco/governance';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, type NodeId, type Seqno, seededRandom } from '@coco/primitives';
import type { Replica, ReplicaEvent } from '@coco/replica';
import type { Address } from './address.js';
import { askForAdmission } from './admission.js';
import { createCommitTimes } from './commitTimes.js';
import type { NodeConfig } from './config.js';
import { createFreshness, type Freshness } from './freshness.js';
import type { HttpResponse } from './http.js';
import type { Log } from './log.js';
import { createMemberEvents, type MemberEvents } from './memberEvents.js';
import { createInbox } from './messageInbox.js';
import type { Metrics } from './metrics.js';
import { createNodeAnswers, type NodeAnswers } from './nodeAnswers.js';
import { startNodeClock } from './nodeClock.js';
import { createNodeDisk } from './nodeDisk.js';
import { type NodeDoors, openNodeDoors } from './nodeDoors.js';
import { type NodeKeepers, nodeKeepers } from './nodeKeepers.js';
import { nodeLimits } from './nodeLimits.js';
import { createNodeLoop, type NodeLoop } from './nodeLoop.js';
import { NodeNetwork } from './nodeNetwork.js';
import { committedTables, type NodeParts, openNodeParts } from './nodeParts.js';
import { nodeReplica, randomSeed } from './nodeReplica.js';
import { nodeRouting } from './nodeRouting.js';
import { saveMembership, wipeLedgerSecrets } from './nodeSecrets.js';
import { createPeerLog } from './peerLog.js';
import { openPeers, type Peers } from './peers.js';
import { PointToPoint } from './pointToPoint/pointToPoint.js';
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
  const { config, sealer, log, metrics } = options;
  const parts = await openNodeParts({ config, sealer, log, metrics, onMessage: inbox.receive });
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
  readonly #keepers: NodeKeepers;
  readonly #events: MemberEvents;
  readonly #data: PointToPoint;
  readonly #watch: StatusWatch;
  readonly #timing = realTiming(seededRandom(randomSeed()));
  readonly #commitTimes = createCommitTimes();
  readonly #freshness: Freshness;
  readonly #answers: NodeAnswers;
  #durable: Seqno;
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
    this.#durable = parts.store.last;
    this.#answers = createNodeAnswers(options.metrics);
    this.#watch = createStatusWatch(options.log);
    this.#events = createMemberEvents({ ...nodeLimits.events, timing: this.#timing });
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
    this.#keepers = nodeKeepers({
      ...options,
      parts,
      serviceFingerprint: parseCertificate(membership.serviceCertificatePem).fingerprint,
      network: this.#network,
      status: () => this.replica.status(),
      door: () => this.#doors?.administrative.address,
      tables: () => this.#tables(),
      isDurable: () => this.replica.commit <= this.#durable,
      newest: () => this.#newest(),
      onSecrets: (secrets) => this.#learn(secrets),
    });
    this.replica = nodeReplica(config, parts);
    this.#freshness = createFreshness(config.reads, replayed.commit);
    this.#data = this.#createData();
    this.#loop = this.#createLoop();
    this.#postClock();
    this.#step({ type: 'elapsed', ms: 0, nowMs: Date.now() });
  }

  #createData(): PointToPoint {
    return new PointToPoint({
      nodeId: this.nodeId,
      network: () => this.#network.committed,
      tables: () => this.#tables(),
      committed: () => this.replica.commit,
      nowMs: Date.now,
      files: this.#parts.bodies,
      send: (to, frame) => this.#peers?.send(to, frame, 'forwarded') ?? false,
      govern: (request) => this.#request(request),
      timing: this.#timing,
      log: this.#options.log,
    });
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
      reply: (token, response) => this.#answers.reply(token, response),
      durable: (seqno) => {
        this.#durable = seqno;
      },
      committed: (seqno, items) => {
        this.#commitTimes.add(seqno, performance.timeOrigin + performance.now());
        this.#freshness.applied(seqno);
        this.#options.metrics.add('transactions', items);
        this.#keepers.governed();
      },
      secrets: (secrets) => this.#keepers.secretsOnDisk.keep(secrets),
      governed: (tables) => {
        this.#events.tables(tables);
        this.#data.governed();
      },
      network: (views) => this.#networkChanged(views),
      snapshots: (effects) => snapshots.carryOut(effects),
      turnedBack: (found) => sayTurnedBack(this.nodeId, found, this.#options.log),
      fatal: (error) => this.#fatal(error),
    });
  }

  #networkChanged(views: Parameters<NodeNetwork['changed']>[0]): void {
    this.#network.changed(views);
    this.#keepers.networkChanged(views.committed);
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
      limits: nodeLimits.peers,
      timing: this.#timing,
      attestation: this.#keepers.attesting.sessions,
      refusalOf: (nodeId) => this.#network.refusalOf(nodeId),
      onFrame: (from, bytes) => {
        if (!this.#data.receive(from, bytes)) this.#step({ type: 'frame', from, bytes });
      },
      onEvent: createPeerLog({ log, metrics, onOut: this.#keepers.attesting.lease.told }),
    });
    this.peer = this.#peers.address;
    this.#doors = await this.#openDoors();
    this.application = this.#doors.application.address;
    this.administrative = this.#doors.administrative.address;
    this.#network.follow({ peers: this.#peers, doors: this.#doors });
    this.#startClock();
    this.#data.start();
    if (membership.joined !== undefined && !this.#network.isTakenIn) this.#askForAdmission();
    metrics.set('platform_proves_nothing', this.#parts.evidence.provesNothing ? 1 : 0);
  }

  /** Governance tables as committed. */
  #tables(): ReturnType<typeof committedTables> {
    return committedTables(this.#parts.replayed.governanceStore, this.replica.commit);
  }

  /** Governance tables as the log says. */
  #newest(): ReturnType<typeof committedTables> {
    const { governanceStore } = this.#parts.replayed;
    return governanceStore.read(governanceStore.head);
  }

  #openDoors(): Promise<NodeDoors> {
    const { config, log, metrics } = this.#options;
    const { secrets, membership, store } = this.#parts;
    const { serviceCertificatePem } = membership;
    const routing = nodeRouting({
      config,
      parts: this.#parts,
      keepers: this.#keepers,
      replica: this.replica,
      serviceCertificate: parseCertificate(serviceCertificatePem),
      metrics,
      log,
      certificatePem: () => this.#network.certificatePem,
      commitTimes: this.#commitTimes,
      freshness: this.#freshness,
      events: this.#events,
      data: this.#data,
      startSeqno: store.last,
      network: () => this.#network.committed,
      head: () => this.#network.head,
      tables: () => this.#tables(),
      newest: () => this.#newest(),
      contribute: (nodeId, contribution) =>
        this.#ask((token) => ({ type: 'contributeKey', token, nodeId, contribution })),
      admit: (nodeId, certificatePem, attestation) =>
        this.#ask((token) => ({ type: 'admit', token, nodeId, certificatePem, attestation })),
      renewLease: (nodeId, attestation, last) =>
        this.#ask((token) => ({ type: 'renewLease', token, nodeId, attestation, last })),
      forget: (nodeId) => this.#ask((token) => ({ type: 'forgetNode', token, nodeId })),
      raiseAlarm: (nodeId, alarm) => this.#ask((token) => ({ type: 'raiseAlarm', token, nodeId, alarm })),
      recordRead: (nodeId, read) => this.#ask((token) => ({ type: 'recordRead', token, nodeId, read })),
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
      evidence: this.#parts.evidence,
      startupSeqno: store.last,
      isTakenIn: () => this.#network.isTakenIn,
      onNodes: (nodes) => this.#network.told(nodes),
      onSecrets: (secrets) => this.#learn(secrets),
      onWaiting: (waiting) => log.info('not yet taken in', { ...waiting }),
      onRefused: (error) => {
        if (error.code === 'COCO_JOIN_CONSTITUTION') this.#network.forgetApproval();
        this.#fatal(error);
      },
    });
  }

  /** The ledger has copies, which it forgets in time. */
  #learn(secrets: readonly LedgerSecret[]): void {
    this.#step({ type: 'secrets', secrets });
    wipeLedgerSecrets(secrets);
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
        this.#keepers.look();
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
    else if (message.type === 'reexecuted') this.#keepers.sampling.heard(message);
    else this.#step({ type: 'worker', message });
  }

  #request(request: AdapterRequest): Promise<HttpResponse> {
    return this.#ask((token) => ({ type: 'request', token, request, nowMs: Date.now() }));
  }

  /** Takes the step that `event` makes of a token; its answer. */
  #ask(event: (token: number) => ReplicaEvent): Promise<HttpResponse> {
    return this.#answers.wait((token) => this.#step(event(token)));
  }

  #fatal(error: unknown): void {
    if (this.#stopping !== undefined) return;
    const facts = error instanceof CocoError ? { code: error.code, ...error.facts } : {};
    this.#options.log.error(
      `the node stops: ${error instanceof Error ? error.message : String(error)}`,
      facts,
    );
    this.#loop.stop();
    this.#answers.stop();
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
      this.#keepers.stop();
      this.#events.close();
      this.#data.stop();
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
