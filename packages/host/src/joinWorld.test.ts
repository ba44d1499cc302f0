/**
 * A network of one node that others can join, as far as joining goes, for the tests of this room: real governance
 * tables, real TLS, and a snapshot of a real ledger.
 */
import { coseSign1, privateKeyToPem, publicKeyToPem } from '@coco/crypto';
import {
  genesisTables,
  governanceTables,
  identifyActor,
  type NetworkView,
  nodeTupleMessageType,
  nodeTuplePayload,
  nodeTupleRow,
  readNetwork,
} from '@coco/governance';
import { createStore, type Store } from '@coco/kv';
import { toBase64, utf8 } from '@coco/primitives';
import type { Address } from './address.js';
import { createChallenges } from './attestation/challenges.js';
import type { OwnEvidence } from './attestation/ownEvidence.js';
import { testOwnEvidence } from './attestation/testAttestation.test.js';
import { ledgerNode, ledgerSecrets, ledgerService, type Test, temporaryDirectory } from './entries.test.js';
import { type HttpEndpoint, type HttpRequest, openHttp } from './http.js';
import { silentLog } from './httpEndpoint.test.js';
import { type TestIdentity, testIdentity } from './identities.test.js';
import { endorseNode } from './nodeCertificate.js';
import { failure } from './routes/answers.js';
import { constitutionRoutes } from './routes/constitutionRoutes.js';
import { challengeRoute, evidenceRoute } from './routes/evidenceRoutes.js';
import { type JoinFacts, joinRoutes } from './routes/joinRoutes.js';
import type { Route } from './routes/route.js';
import { createRouter } from './routes/router.js';
import { type SnapshotFacts, snapshotRoutes } from './routes/snapshotRoutes.js';
import { openSnapshotFiles } from './snapshotFiles.js';
import { putSnapshots, type TestSnapshot, testHistory } from './snapshots.test.js';

export const history = testHistory(60, [10, 20, 30]);
export const member = testIdentity('member');

/** What a test may change of the world. */
export interface JoinWorld {
  readonly endpoint: HttpEndpoint;
  readonly address: Address;
  readonly store: Store;
  /** Targets of the requests that came, in order. */
  readonly asked: string[];
  /** Where the node keeps its snapshots. */
  readonly directory: string;
  minimumSeqno: number;
  isPrimary: boolean;
  /** In place of answering, if it returns something. */
  meddle: (request: HttpRequest) => ReturnType<typeof failure> | undefined;
  /** The code that the node runs, by name. */
  code: string;
  /** Puts a node on the VN list, by a tuple that `signer` signed for it. */
  list(nodeId: string, publicKeyPem: string, signer?: TestIdentity): void;
  setStatus(nodeId: string, status: 'Pending' | 'Trusted' | 'Retired'): void;
  /** Changes something in the constitution. */
  amend(): void;
  /** The members accept nodes on `platform`, with listed code, and on no other. */
  demand(platform: string): void;
  network(): NetworkView;
}

const addresses = {
  peerAddress: '127.0.0.1:1',
  applicationAddress: '127.0.0.1:2',
  administrativeAddress: '127.0.0.1:3',
};

function genesisStore(): Store {
  const store = createStore();
  const tables = genesisTables({
    serviceCertificatePem: ledgerService.certificate.pem,
    constitution: 'export function validate() {}',
    members: [{ certificatePem: member.certificate.pem, name: 'Member' }],
    participants: [],
    nodes: [{ nodeId: ledgerNode.nodeId, certificatePem: ledgerNode.certificate.pem, ...addresses }],
    votingPolicies: { default: { kind: 'majority' } },
  });
  store.apply(tables, 1);
  return store;
}

function put(store: Store, table: string, key: string, value: unknown): void {
  const transaction = store.begin();
  transaction.put(table, utf8(key), utf8(JSON.stringify(value)));
  store.commit(transaction, store.head + 1);
}

function nodeRow(publicKeyPem: string, status: string): unknown {
  const at = (address: string) => ({ bind_address: address, published_address: address });
  return {
    status,
    public_key: publicKeyPem,
    node_to_node_interface: at(addresses.peerAddress),
    rpc_interfaces: {
      application: at(addresses.applicationAddress),
      administrative: at(addresses.administrativeAddress),
    },
  };
}

function signedTuple(nodeId: string, publicKeyPem: string, signer: TestIdentity): unknown {
  const tuple = { actor: member.certificate.fingerprint, nodeId, publicKeyPem, ...addresses };
  const cose = coseSign1({
    protectedHeader: new Map<unknown, unknown>([
      [4, utf8(tuple.actor)],
      ['ccf.gov.msg.type', nodeTupleMessageType],
    ]),
    payload: nodeTuplePayload(tuple),
    key: signer.privateKey,
  });
  return nodeTupleRow(tuple, toBase64(cose));
}

export async function joinWorld(
  t: Test,
  snapshots: readonly TestSnapshot[] = history.snapshots,
  more: (facts: JoinFacts) => readonly Route[] = () => [],
): Promise<JoinWorld> {
  const store = genesisStore();
  const directory = temporaryDirectory(t);
  putSnapshots(directory, snapshots);
  const files = openSnapshotFiles({ directory, keep: 9, log: silentLog });
  const asked: string[] = [];
  const network = (): NetworkView => readNetwork(store.read(store.head));
  const about = {
    nodeId: ledgerNode.nodeId,
    replica: {
      status: () => ({
        consensus: { leadership: world.isPrimary ? 'Leader' : 'Follower', nodeId: ledgerNode.nodeId },
      }),
    } as never,
    network,
    isPrimary: () => world.isPrimary,
    minimumSeqno: () => world.minimumSeqno,
  };
  const facts: JoinFacts & SnapshotFacts = {
    ...about,
    challenges: createChallenges(Date.now),
    serviceCertificate: ledgerService.certificate,
    tables: () => store.read(store.head),
    head: network,
    ledgerSecrets: () => ledgerSecrets,
    secretsFor: (_node, { publicKey }) => ({
      serviceCertificatePem: ledgerService.certificate.pem,
      serviceKeyPem: privateKeyToPem(ledgerService.privateKey),
      ledgerSecrets,
      certificatePem: endorseNode({
        publicKey,
        addresses: [],
        days: 1,
        nowMs: Date.now(),
        service: { key: ledgerService.privateKey, certificate: ledgerService.certificate },
      }).pem,
    }),
    admit: async (nodeId) => {
      world.setStatus(nodeId, 'Trusted');
      return { status: 200, headers: {}, body: new Uint8Array() };
    },
    nowMs: Date.now,
    snapshots: files,
    makeSnapshot: () => void asked.push('make a snapshot'),
  };
  const { challenges, tables } = facts;
  const serviceFingerprint = ledgerService.certificate.fingerprint;
  const evidence: OwnEvidence = {
    platform: 'virtual',
    provesNothing: true,
    make: (wanted) => testOwnEvidence(ledgerNode, world.code).make(wanted),
  };
  const route = createRouter([
    ...constitutionRoutes({ network, tables }),
    evidenceRoute({ evidence, serviceFingerprint }),
    challengeRoute({ network, challenges }),
    ...joinRoutes(facts),
    ...snapshotRoutes(facts),
    ...more(facts),
  ]);
  const endpoint = await openHttp({
    listen: { host: '127.0.0.1', port: 0 },
    key: ledgerNode.privateKey,
    certificate: ledgerNode.certificate,
    serviceCertificatePem: ledgerService.certificate.pem,
    network: network(),
    identify: identifyActor,
    admit: { anonymous: true, strangers: true, nodes: true },
    headers: ['range'],
    log: silentLog,
    handle: async (request) => {
      asked.push(`${request.method} ${request.path}`);
      return world.meddle(request) ?? (await route(request)) ?? failure(404, 'ResourceNotFound', '');
    },
  });
  t.after(() => endpoint.close(0));
  const world: JoinWorld = {
    endpoint,
    address: endpoint.address,
    store,
    asked,
    directory,
    minimumSeqno: 0,
    isPrimary: true,
    meddle: () => undefined,
    code: 'code',
    network,
    list(nodeId, publicKeyPem, signer = member) {
      put(store, governanceTables.nodeInfo, nodeId, nodeRow(publicKeyPem, 'Pending'));
      put(store, governanceTables.nodeTuples, nodeId, signedTuple(nodeId, publicKeyPem, signer));
      endpoint.setNetwork(network());
    },
    setStatus(nodeId, status) {
      const node = network().nodes.find((one) => one.nodeId === nodeId);
      put(store, governanceTables.nodeInfo, nodeId, nodeRow(node?.publicKeyPem ?? '', status));
      endpoint.setNetwork(network());
    },
    demand: (platform) => {
      const transaction = store.begin();
      for (const { key } of transaction.range(governanceTables.teeManifest)) {
        transaction.remove(governanceTables.teeManifest, key);
      }
      transaction.put(governanceTables.teeManifest, utf8(platform), utf8(JSON.stringify({ code: 'listed' })));
      store.commit(transaction, store.head + 1);
    },
    amend: () => put(store, governanceTables.votingPolicies, 'set_member', { kind: 'unanimous' }),
  };
  return world;
}

/** Puts `identity` on the VN list. */
export function listIdentity(
  world: JoinWorld,
  { nodeId, privateKey }: TestIdentity,
  signer?: TestIdentity,
): void {
  world.list(nodeId, publicKeyToPem(privateKey.publicKey), signer);
}
