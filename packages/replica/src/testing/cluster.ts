/**
 * Three managers in one thread, with instant disks, a network that can be cut, and workers that only record: enough
 * to watch the order of effects. Time passes when a test says so.
 */
import type { AdapterRequest, AdapterResponse, FromWorker, ToWorker } from '@coco/adapter';
import { generateKeyPair, issueCertificate } from '@coco/crypto';
import { createLedger, type Ledger, type LedgerIdentity } from '@coco/ledger';
import { concatBytes, type NodeId, seededRandom, utf8 } from '@coco/primitives';
import { createRecovery } from '../recovery.js';
import { createReplica } from '../replica.js';
import type { Genesis, Replica, ReplicaEvent, ReplicaSettings } from '../types.js';

const settings: ReplicaSettings = {
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
};
const validity = { notBeforeMs: 0, notAfterMs: 4_000_000_000_000 };
const serialNumber = new Uint8Array(16).fill(7);

export interface TestNode {
  readonly id: NodeId;
  replica: Replica;
  ledger: Ledger;
  /** The disk: bytes by seqno - 1. */
  readonly disk: Uint8Array[];
  /** Everything the worker was told, in order. */
  readonly worker: ToWorker[];
  readonly replies: { readonly token: number; readonly response: AdapterResponse }[];
  /** Disk does not answer while true: effects gather. */
  stuck: boolean;
  up: boolean;
}

export interface Cluster {
  readonly nodes: readonly TestNode[];
  readonly cut: Set<string>;
  /** Lets `ms` pass for everybody in steps of 5 ms, and everything happen that follows. */
  pass(ms: number): void;
  step(node: TestNode, event: ReplicaEvent): void;
  fromWorker(node: TestNode, message: FromWorker): void;
  primary(): TestNode;
  restart(node: TestNode): void;
}

const secrets = [{ fromSeqno: 1, key: new Uint8Array(32).fill(9) }];

function identities(count: number): { readonly genesis: Genesis; readonly of: readonly LedgerIdentity[] } {
  const serviceKey = generateKeyPair();
  const issuer = { key: serviceKey, subjectCommonName: 'service' };
  const common = { ...validity, serialNumber };
  const serviceCertificate = issueCertificate(
    { ...common, subjectCommonName: 'service', publicKey: serviceKey.publicKey, isCa: true },
    issuer,
  );
  const of = Array.from({ length: count }, (_, index) => {
    const nodeKey = generateKeyPair();
    const nodeCertificate = issueCertificate(
      { ...common, subjectCommonName: `node ${index}`, publicKey: nodeKey.publicKey, isCa: false },
      { key: serviceKey, certificate: serviceCertificate },
    );
    return {
      nodeId: nodeKey.publicKey.fingerprint,
      nodeKey,
      nodeCertificate,
      serviceKey,
      serviceCertificate,
    };
  });
  const nodes = of.map(({ nodeId, nodeCertificate }, index) => ({
    nodeId,
    certificatePem: nodeCertificate.pem,
    peerAddress: `127.0.0.1:${1000 + index}`,
    applicationAddress: `127.0.0.1:${2000 + index}`,
  }));
  const genesis = {
    serviceCertificatePem: serviceCertificate.pem,
    constitution: '',
    members: [{ name: 'm', certificatePem: serviceCertificate.pem }],
    participants: [],
    nodes,
    adapters: { counter: 1 },
  };
  return { genesis, of };
}

export function createCluster(count = 3): Cluster {
  const { genesis, of } = identities(count);
  const start = (identity: LedgerIdentity, seed: number, disk: readonly Uint8Array[]) => {
    const ledger = createLedger({ identity, serviceCertificate: identity.serviceCertificate, secrets });
    const recovery = createRecovery(ledger);
    const applied = disk.map((bytes) => recovery.load(bytes));
    const { entries } = recovery.finish();
    const random = seededRandom(seed);
    return {
      ledger,
      applied,
      replica: createReplica({ nodeId: identity.nodeId, settings, random, ledger, genesis, entries }),
    };
  };
  const nodes = of.map((identity, index): TestNode => {
    const { ledger, replica } = start(identity, index, []);
    return {
      id: identity.nodeId,
      replica,
      ledger,
      disk: [],
      worker: [],
      replies: [],
      stuck: false,
      up: true,
    };
  });
  const cut = new Set<string>();
  const inFlight: { readonly from: NodeId; readonly to: NodeId; readonly bytes: Uint8Array }[] = [];

  function step(node: TestNode, event: ReplicaEvent): void {
    if (!node.up) return;
    const effects = node.replica.step(event);
    node.worker.push(...effects.now);
    if (effects.persist?.rollbackTo !== undefined)
      node.disk.length = Math.min(node.disk.length, effects.persist.rollbackTo);
    for (const { seqno, bytes } of effects.persist?.entries ?? []) node.disk[seqno - 1] = bytes;
    for (const { to, header, entries } of effects.send) {
      const attached = entries === undefined ? [] : node.disk.slice(entries.from - 1, entries.to);
      inFlight.push({ from: node.id, to, bytes: concatBytes(header, ...attached) });
    }
    node.worker.push(...effects.apply);
    node.replies.push(...effects.replies);
    const last = effects.persist?.entries.at(-1);
    if (last !== undefined && !node.stuck) step(node, { type: 'persisted', upTo: last });
  }

  function deliver(): void {
    for (let frame = inFlight.shift(); frame !== undefined; frame = inFlight.shift()) {
      const { from, to, bytes } = frame;
      const node = nodes.find(({ id }) => id === to);
      const broken = cut.has(from) || cut.has(to) || cut.has(`${from}>${to}`);
      if (node !== undefined && !broken) step(node, { type: 'frame', from, bytes });
    }
  }

  return {
    nodes,
    cut,
    step(node, event) {
      step(node, event);
      deliver();
    },
    fromWorker(node, message) {
      step(node, { type: 'worker', message });
      deliver();
    },
    pass(ms) {
      for (let passed = 0; passed < ms; passed += 5) {
        for (const node of nodes) {
          step(node, { type: 'elapsed', ms: 5, nowMs: passed });
          answerGenesis(node);
        }
        deliver();
      }
    },
    primary() {
      const primaries = nodes.filter(({ up, id, replica }) => up && !cut.has(id) && replica.isPrimary);
      if (primaries.length !== 1) throw new Error(`${primaries.length} primaries`);
      return primaries[0] as TestNode;
    },
    restart(node) {
      const index = nodes.indexOf(node);
      node.worker.length = 0;
      const { ledger, replica, applied } = start(of[index] as LedgerIdentity, index + 10, node.disk);
      node.ledger = ledger;
      node.replica = replica;
      node.worker.push(...applied.filter((message) => message !== undefined));
      node.up = true;
    },
  };

  /** A worker with nothing but a genesis of no tables. */
  function answerGenesis(node: TestNode): void {
    const asked = node.worker.at(-1);
    if (asked?.type !== 'genesis') return;
    const none = new Uint8Array(0);
    const message = {
      type: 'propose',
      proposal: asked.proposal,
      view: 0,
      publicMaps: none,
      privateMaps: none,
      items: 0,
    } as const;
    step(node, { type: 'worker', message });
  }
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
