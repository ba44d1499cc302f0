/**
 * Nodes of a few actors that have nothing but their data in common: one store of governance tables stands for the ledger, and frames go
 * from one to the other in memory. Disks are directories.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AdapterRequest, Caller } from '@coco/adapter';
import { generateKeyPair, issueCertificate, randomBytes } from '@coco/crypto';
import { createGovernance, defaultGovernanceSettings, genesisTables, readNetwork } from '@coco/governance';
import { createStore, type Store } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import type { HttpResponse } from '../../http.js';
import { openVirtualSealer } from '../../virtualSealer.js';
import { type BodyFiles, openBodyFiles } from '../bodyFiles.js';
import { PointToPoint } from '../pointToPoint.js';

export interface DataNode {
  readonly nodeId: NodeId;
  readonly actorId: string;
  /** The actor, as this node has authenticated it. */
  readonly caller: Caller;
  readonly directory: string;
  readonly files: BodyFiles;
  readonly data: PointToPoint;
}

export interface DataWorld {
  readonly nodes: readonly DataNode[];
  readonly store: Store;
  /** Nodes that nobody reaches. */
  readonly cut: Set<NodeId>;
  /** Every frame that went from one to another. */
  readonly frames: { readonly from: NodeId; readonly to: NodeId; readonly bytes: Uint8Array }[];
  nowMs: number;
  /** Given in place of the answer of governance, once for each. */
  readonly answers: HttpResponse[];
  /** A version in which `nodeId` has this status. */
  setStatus(nodeId: NodeId, status: 'Trusted' | 'Retired'): void;
  close(): void;
}

const startMs = 1_700_000_000_000;

/** One node for each of `names`. */
export async function openDataWorld(
  names: readonly string[],
  { bytesMax = 2 ** 26 }: { readonly bytesMax?: number } = {},
): Promise<DataWorld> {
  const home = mkdtempSync(path.join(tmpdir(), 'coco-data-'));
  const store = createStore();
  const identities = names.map((name) => ({
    name,
    actor: identity(name),
    node: identity(`node of ${name}`),
  }));
  const genesis = genesisTables({
    serviceCertificatePem: identity('service').certificate.pem,
    constitution: '',
    members: identities.map(({ name, actor }) => ({ name, certificatePem: actor.certificate.pem })),
    participants: [],
    nodes: identities.map(({ actor, node }) => ({
      nodeId: node.key.publicKey.fingerprint,
      certificatePem: node.certificate.pem,
      peerAddress: 'a:1',
      applicationAddress: 'a:2',
      administrativeAddress: 'a:3',
      actorId: actor.certificate.fingerprint,
    })),
    votingPolicies: { default: { kind: 'majority' } },
  });
  store.apply(genesis, 1);
  const nodes: DataNode[] = [];
  const world: DataWorld = {
    nodes,
    store,
    cut: new Set(),
    frames: [],
    nowMs: startMs,
    answers: [],
    setStatus(nodeId, status) {
      const transaction = store.begin();
      const table = 'public:ccf.gov.nodes.info';
      const key = new TextEncoder().encode(nodeId);
      const row = JSON.parse(new TextDecoder().decode(transaction.get(table, key))) as object;
      transaction.put(table, key, new TextEncoder().encode(JSON.stringify({ ...row, status })));
      store.commit(transaction, store.head + 1);
    },
    close() {
      for (const { data } of nodes) data.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  for (const { name, actor, node } of identities) {
    const directory = path.join(home, name, 'data');
    const sealer = await openVirtualSealer(path.join(home, `${name}.key`));
    const files = await openBodyFiles({ directory, sealer, bytesMax, nowMs: () => world.nowMs });
    const nodeId = node.key.publicKey.fingerprint;
    const actorId = actor.certificate.fingerprint;
    const caller: Caller = { kind: 'member', id: actorId };
    nodes.push({ nodeId, actorId, caller, directory, files, data: dataOf(world, nodeId, files) });
  }
  return world;
}

function dataOf(world: DataWorld, nodeId: NodeId, files: BodyFiles): PointToPoint {
  const { store, cut, frames } = world;
  return new PointToPoint({
    nodeId,
    network: () => readNetwork(store.read(store.head)),
    tables: () => store.read(store.head),
    committed: () => store.head,
    nowMs: () => world.nowMs,
    files,
    send(to, bytes) {
      const other = world.nodes.find((node) => node.nodeId === to);
      if (other === undefined || cut.has(to) || cut.has(nodeId)) return false;
      frames.push({ from: nodeId, to, bytes });
      setImmediate(() => other.data.receive(nodeId, bytes));
      return true;
    },
    govern: async (request) => world.answers.shift() ?? govern(world, request),
    timing: { after: (_ms, callback) => soon(callback) },
    log: { warn: (message, facts) => assertNothing(message, facts) },
  });
}

/** Silence is never waited for here: who is cut off is known to be; what is put off happens at once. */
function soon(callback: () => void): () => void {
  const timer = setTimeout(callback, 60_000);
  timer.unref();
  return () => clearTimeout(timer);
}

function assertNothing(message: string, facts: unknown): void {
  throw new Error(`${message}: ${JSON.stringify(facts)}`);
}

const governance = createGovernance({
  // No script runs for these requests.
  sandbox: undefined as never,
  settings: defaultGovernanceSettings,
});

function govern(world: DataWorld, request: AdapterRequest): HttpResponse {
  const { store } = world;
  const transaction = store.begin();
  const { response, writes } = governance.handle(request, transaction, {
    nowMs: world.nowMs,
    root: () => new Uint8Array(32),
    committed: { view: 2, seqno: store.head },
    txStatus: () => 'Committed',
  });
  if (!writes) return response;
  store.commit(transaction, store.head + 1);
  for (const { data } of world.nodes) data.governed();
  return { ...response, headers: { ...response.headers, 'x-ms-ccf-transaction-id': `2.${store.head}` } };
}

function identity(name: string) {
  const key = generateKeyPair('P-256');
  const names = { subjectCommonName: name };
  const request = {
    ...names,
    publicKey: key.publicKey,
    notBeforeMs: startMs - 1000,
    notAfterMs: startMs + 3_600_000,
    isCa: false,
    serialNumber: randomBytes(16),
  };
  return { key, certificate: issueCertificate(request, { key, ...names }) };
}
