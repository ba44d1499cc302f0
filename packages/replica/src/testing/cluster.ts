/**
 * Managers in one thread, with instant disks, a network that can be cut, and workers that do what a test says: enough to
 * watch the order of effects. Time passes when a test says so. Nodes can join from a snapshot that another one made.
 */
import type { AdapterRequest, AdapterResponse, ToWorker } from '@coco/adapter';
import {
  defaultGovernanceSettings,
  type GenesisConstitution,
  isQuarantined,
  type NetworkView,
  type NodeAttestation,
} from '@coco/governance';
import {
  createLedger,
  type Ledger,
  type LedgerIdentity,
  type LedgerSecret,
  openSnapshot,
  type Receipt,
  type SnapshotBase,
} from '@coco/ledger';
import { concatBytes, type NodeId, type Seqno, seededRandom, utf8 } from '@coco/primitives';
import { loadSandbox, type Sandbox } from '@coco/sandbox';
import { nodeProof, type ProvingNode } from '../../../governance/dist/testing/attest.js';
import { createRecovery } from '../recovery.js';
import { createReplica } from '../replica.js';
import { restoreSnapshot } from '../restoreSnapshot.js';
import type {
  ForManager,
  Genesis,
  Replica,
  ReplicaEffects,
  ReplicaEvent,
  ReplicaSettings,
  SnapshotEffect,
} from '../types.js';
import { bodyOf, createMember, type TestMember } from './members.js';
import { createGenesis, createIdentity, createService, endorse } from './service.js';
import { createShareKeys } from './shareKeys.js';
import { StandInWorker } from './standInWorker.js';

const testSettings: ReplicaSettings = {
  consensus: {
    electionTimeoutMs: 100,
    heartbeatMs: 10,
    appendEntriesMax: 20,
    inFlightEntriesMax: 100,
    preVote: true,
  },
  uncommittedEntriesMax: 40,
  requestsMax: 10,
  forwardTimeoutMs: 1000,
  governance: defaultGovernanceSettings,
  snapshotEntries: 0,
};
const realSandbox = await loadSandbox();

/** A snapshot file, as far as it is made. */
export interface TestSnapshot {
  readonly bytes: Uint8Array;
  readonly evidenceSeqno?: Seqno;
  readonly receipt?: Receipt;
}

export interface TestNode {
  readonly id: NodeId;
  readonly identity: LedgerIdentity;
  replica: Replica;
  ledger: Ledger;
  standIn: StandInWorker;
  /** The snapshot that it began with. */
  readonly file: Uint8Array | undefined;
  /** The disk: bytes by seqno - 1. What comes before a snapshot is not there. */
  readonly disk: Uint8Array[];
  /** Everything the worker was told, in order. */
  worker: ToWorker[];
  readonly replies: { readonly token: number; readonly response: AdapterResponse }[];
  /** What the host was told of the network last. */
  network: ReplicaEffects['network'];
  /** What the host keeps sealed: the secrets of the ledger. */
  secrets: readonly LedgerSecret[];
  /** How often the committed governance tables changed. */
  governanceNews: number;
  readonly snapshots: Map<Seqno, TestSnapshot>;
  /** Snapshots that were given up. */
  readonly discarded: Seqno[];
  /** Disk does not answer while true: effects gather. */
  stuck: boolean;
  up: boolean;
}

export interface Cluster {
  readonly nodes: readonly TestNode[];
  readonly members: readonly TestMember[];
  readonly cut: Set<string>;
  /** Lets `ms` pass for everybody in steps of 5 ms, and everything happen that follows. */
  pass(ms: number): void;
  /** Lets `ms` pass in one step on the wall clock alone. */
  skip(ms: number): void;
  step(node: TestNode, event: ReplicaEvent): void;
  fromWorker(node: TestNode, message: ForManager): void;
  primary(): TestNode;
  restart(node: TestNode): void;
  /** Sends a request to `node`, lets `ms` pass, and gives the answer if there is one by then. */
  ask(node: TestNode, request: AdapterRequest, ms?: number): AdapterResponse | undefined;
  /** Keys and certificate for one more node, which nobody knows yet. */
  newIdentity(): LedgerIdentity;
  /** What the node proves now; on the platform `virtual`, unless it is said otherwise. */
  proof(identity: LedgerIdentity, purpose: 'join' | 'lease', more?: Partial<ProvingNode>): NodeAttestation;
  /** Has `node` admit, or renew the lease of, a node, and gives the status of the answer, or its code. */
  admit(node: TestNode, identity: LedgerIdentity, more?: Partial<ProvingNode>): number | string | undefined;
  renew(node: TestNode, identity: LedgerIdentity, more?: Partial<ProvingNode>): number | string | undefined;
  /** Starts a node of this identity from a snapshot file, or from nothing. */
  join(identity: LedgerIdentity, snapshot?: Uint8Array, told?: readonly LedgerSecret[]): TestNode;
}

/** What differs from one cluster to another. */
export interface ClusterOptions {
  readonly settings?: Partial<Omit<ReplicaSettings, 'consensus'>> & {
    readonly consensus?: Partial<ReplicaSettings['consensus']>;
  };
  readonly members?: number;
  readonly genesis?: Partial<GenesisConstitution>;
  /** What the clock on the wall says at the beginning. */
  readonly startMs?: number;
  /** What runs the scripts, around the real one. */
  readonly sandbox?: (real: Sandbox) => Sandbox;
  /** Whether nodes make new secrets of the ledger. Default: no. */
  readonly rekeys?: boolean;
}

const firstSecrets: readonly LedgerSecret[] = [{ fromSeqno: 1, key: new Uint8Array(32).fill(9) }];

interface StartedNode {
  readonly replica: Replica;
  readonly ledger: Ledger;
  readonly standIn: StandInWorker;
}

export function createCluster(count = 3, options: ClusterOptions = {}): Cluster {
  const consensus = { ...testSettings.consensus, ...options.settings?.consensus };
  const settings = { ...testSettings, ...options.settings, consensus };
  const service = createService();
  const identities = Array.from({ length: count }, (_, index) => createIdentity(service, `node ${index}`));
  const members = Array.from({ length: options.members ?? 3 }, (_, index) => createMember(`member ${index}`));
  const genesis = { ...createGenesis(service, identities, members), ...options.genesis };
  const nodes: TestNode[] = [];
  const cut = new Set<string>();
  const inFlight: { readonly from: NodeId; readonly to: NodeId; readonly bytes: Uint8Array }[] = [];
  const fromWorkers: { readonly node: TestNode; readonly message: ForManager }[] = [];
  let seed = 0;
  let clockMs = options.startMs ?? 1_000_000;
  let nonce = 1;

  const shareKeys = createShareKeys();

  function start(
    identity: LedgerIdentity,
    disk: readonly Uint8Array[],
    from: { readonly genesis?: Genesis; readonly file?: Uint8Array },
    secrets: readonly LedgerSecret[],
  ): StartedNode {
    const standIn = new StandInWorker();
    const opened = from.file === undefined ? undefined : openSnapshot(from.file, { secrets });
    const base: SnapshotBase | undefined = opened?.base;
    const restored = opened === undefined ? undefined : restoreSnapshot(opened);
    for (const message of restored?.restore ?? []) standIn.receive(message);
    const { serviceCertificate } = identity;
    const openSecret = (sealed: Uint8Array) => shareKeys.open(identity.nodeId, sealed);
    const ledger = createLedger({
      identity,
      serviceCertificate,
      secrets,
      openSecret,
      ...(base && { base }),
    });
    const recovery = createRecovery(ledger, restored?.governanceStore);
    for (const bytes of disk.slice(base?.seqno ?? 0)) {
      const message = recovery.load(bytes);
      if (message !== undefined) standIn.receive(message);
    }
    const replica = createReplica({
      nodeId: identity.nodeId,
      settings,
      random: seededRandom(seed++),
      ledger,
      sandbox: options.sandbox?.(realSandbox) ?? realSandbox,
      endorseNode: (node, { validFrom, validityDays }) => endorse(service, node, validFrom, validityDays),
      ...(options.rekeys === true && { custody: shareKeys.custody }),
      ...(from.genesis && { genesis: from.genesis }),
      ...(base && { snapshot: base }),
      ...recovery.finish(),
    });
    return { replica, ledger, standIn };
  }

  const beginningOf = ({ file }: TestNode) => (file === undefined ? { genesis } : { file });

  function addNode(
    identity: LedgerIdentity,
    started: StartedNode,
    file?: Uint8Array,
    secrets = firstSecrets,
  ): TestNode {
    const node: TestNode = {
      id: identity.nodeId,
      identity,
      file,
      ...started,
      disk: [],
      worker: started.standIn.told,
      replies: [],
      network: undefined,
      secrets,
      governanceNews: 0,
      snapshots: new Map(),
      discarded: [],
      stuck: false,
      up: true,
    };
    nodes.push(node);
    return node;
  }

  function step(node: TestNode, event: ReplicaEvent): void {
    if (!node.up) return;
    const effects = node.replica.step(event);
    for (const message of effects.now) toWorker(node, message);
    if (effects.persist?.rollbackTo !== undefined)
      node.disk.length = Math.min(node.disk.length, effects.persist.rollbackTo);
    for (const { seqno, bytes } of effects.persist?.entries ?? []) node.disk[seqno - 1] = bytes;
    for (const { to, header, entries } of effects.send) {
      const attached = entries === undefined ? [] : node.disk.slice(entries.from - 1, entries.to);
      inFlight.push({ from: node.id, to, bytes: concatBytes(header, ...attached) });
    }
    for (const message of effects.apply) toWorker(node, message);
    node.replies.push(...effects.replies);
    node.network = effects.network ?? node.network;
    node.secrets = effects.ledgerSecrets ?? node.secrets;
    if (effects.governance !== undefined) node.governanceNews += 1;
    for (const effect of effects.snapshots) keepSnapshot(node, effect);
    const last = effects.persist?.entries.at(-1);
    if (last !== undefined && !node.stuck) step(node, { type: 'persisted', upTo: last });
  }

  function toWorker(node: TestNode, message: ToWorker): void {
    const answer = node.standIn.receive(message);
    if (answer !== undefined) fromWorkers.push({ node, message: answer });
  }

  function deliver(): void {
    for (;;) {
      const said = fromWorkers.shift();
      if (said !== undefined) {
        step(said.node, { type: 'worker', message: said.message });
        continue;
      }
      const frame = inFlight.shift();
      if (frame === undefined) return;
      const { from, to, bytes } = frame;
      const node = nodes.find(({ id }) => id === to);
      const broken = cut.has(from) || cut.has(to) || cut.has(`${from}>${to}`) || isOut(from, to);
      if (node !== undefined && !broken) step(node, { type: 'frame', from, bytes });
    }
  }

  /** Hosts cut their links to who is quarantined, as soon as that is in their log. */
  function isOut(from: NodeId, to: NodeId): boolean {
    const sees = (one: NodeId, other: NodeId): boolean =>
      nodes
        .find(({ id }) => id === one)
        ?.network?.head.nodes.some((node) => node.nodeId === other && isQuarantined(node)) === true;
    return sees(from, to) || sees(to, from);
  }

  const cluster: Cluster = {
    nodes,
    members,
    cut,
    step(node, event) {
      step(node, event);
      deliver();
    },
    fromWorker(node, message) {
      if (message.type === 'propose') node.standIn.proposes(message);
      step(node, { type: 'worker', message });
      deliver();
    },
    pass(ms) {
      for (let passed = 0; passed < ms; passed += 5) {
        clockMs += 5;
        for (const node of nodes) step(node, { type: 'elapsed', ms: 5, nowMs: clockMs });
        deliver();
      }
    },
    skip(ms) {
      clockMs += ms;
    },
    primary() {
      const primaries = nodes.filter(({ up, id, replica }) => up && !cut.has(id) && replica.isPrimary);
      if (primaries.length !== 1) throw new Error(`${primaries.length} primaries`);
      return primaries[0] as TestNode;
    },
    restart(node) {
      Object.assign(node, start(node.identity, node.disk, beginningOf(node), node.secrets));
      node.worker = node.standIn.told;
      node.up = true;
    },
    ask(node, request, ms = 60) {
      const token = nextToken++;
      cluster.step(node, { type: 'request', token, request, nowMs: clockMs });
      cluster.pass(ms);
      return node.replies.find((reply) => reply.token === token)?.response;
    },
    proof(identity, purpose, more = {}) {
      const network = service.certificate.fingerprint;
      nonce = (nonce + 1) % 256;
      return nodeProof({
        key: identity.nodeKey,
        network,
        purpose,
        atMs: clockMs,
        nonce,
        epochKey: shareKeys.of(identity.nodeId).publicKey,
        ...more,
      });
    },
    admit(node, identity, more) {
      const { nodeId, nodeCertificate } = identity;
      const attestation = cluster.proof(identity, 'join', more);
      const token = nextToken++;
      cluster.step(node, { type: 'admit', token, nodeId, certificatePem: nodeCertificate.pem, attestation });
      cluster.pass(60);
      return outcomeOf(node, token);
    },
    renew(node, identity, more) {
      const token = nextToken++;
      const attestation = cluster.proof(identity, 'lease', more);
      cluster.step(node, { type: 'renewLease', token, nodeId: identity.nodeId, attestation });
      cluster.pass(60);
      return outcomeOf(node, token);
    },
    newIdentity: () => createIdentity(service, `node ${nodes.length}`),
    join: (identity, file, told = firstSecrets) =>
      addNode(identity, start(identity, [], file === undefined ? {} : { file }, told), file, told),
  };
  for (const identity of identities) addNode(identity, start(identity, [], { genesis }, firstSecrets));
  return cluster;
}

let nextToken = 1000;

/** 200, or the code of the error. */
function outcomeOf({ replies }: TestNode, token: number): number | string | undefined {
  const response = replies.find((reply) => reply.token === token)?.response;
  return (bodyOf(response)['error'] as { code: string } | undefined)?.code ?? response?.status;
}

function keepSnapshot(node: TestNode, effect: SnapshotEffect): void {
  const { seqno } = effect;
  if (effect.type === 'write') {
    node.snapshots.set(seqno, { bytes: effect.bytes });
  } else if (effect.type === 'commit') {
    const { bytes } = node.snapshots.get(seqno) as TestSnapshot;
    node.snapshots.set(seqno, { bytes, evidenceSeqno: effect.evidenceSeqno, receipt: effect.receipt });
  } else {
    node.snapshots.delete(seqno);
    node.discarded.push(seqno);
  }
}

/** The state of a node on the VN list of a view. */
export function statusIn(view: NetworkView | undefined, nodeId: NodeId): string | undefined {
  const node = view?.nodes.find((one) => one.nodeId === nodeId);
  return node === undefined ? undefined : `${node.status}${node.retiredCommitted ? ' for good' : ''}`;
}

export function request(text: string): AdapterRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: {},
    body: utf8(text),
    caller: { kind: 'anonymous' },
  };
}
