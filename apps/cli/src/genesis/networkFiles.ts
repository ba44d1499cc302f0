/**
 * The files of a new network (GOV-2): what its first nodes start from. Whoever makes them gets no extra rights: the
 * genesis constitution names members, participants and nodes, and from then on changes by votes alone.
 *
 *   service.pem            the service certificate: all that a client needs
 *   genesis.json           the genesis constitution, and the adapters' part; the same for every first node
 *   node<i>/               node.json, sealed secrets, the platform's key; the ledger, later
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Certificate, randomBytes } from '@coco/crypto';
import {
  constitutionDigest,
  type GenesisConstitution,
  genesisTables,
  type VotingPolicy,
} from '@coco/governance';
import { openVirtualSealer, saveNodeSecrets } from '@coco/host';
import { createStore } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import { createNodeIdentity, createServiceIdentity, type Identity } from './identities.js';
import type { PlannedManifests } from './manifestAnswers.js';
import type { NodeAddresses } from './nodeAddresses.js';

/** An organisation of the genesis. */
export interface PlannedActor {
  readonly name: string;
  readonly certificate: Certificate;
}

export interface PlannedNode {
  readonly addresses: NodeAddresses;
  /** The actor that runs it. */
  readonly actorId?: string;
}

/** Everything that a new network begins with. */
export interface NetworkPlan {
  readonly directory: string;
  /** Subject of the service certificate. */
  readonly name: string;
  readonly members: readonly PlannedActor[];
  readonly participants: readonly PlannedActor[];
  readonly nodes: readonly PlannedNode[];
  /** By action name, and "default". */
  readonly votingPolicies: Readonly<Record<string, VotingPolicy>>;
  /** Which platforms and code it admits; default as in a genesis: the platform virtual, with any code. */
  readonly manifests?: PlannedManifests;
  /** Source of the constitution's scripts. */
  readonly constitution: string;
  /** Modules with their settings, and what each begins with, by its name. */
  readonly adapters: readonly { readonly module: string; readonly settings: unknown }[];
  readonly adaptersGenesis: Readonly<Record<string, unknown>>;
  /** More settings of every node.json. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Where the parts of a network's directory are. */
export interface NetworkPaths {
  readonly directory: string;
  readonly serviceCertificate: string;
  readonly genesis: string;
  node(index: number): string;
}

export function networkPaths(directory: string): NetworkPaths {
  return {
    directory,
    serviceCertificate: path.join(directory, 'service.pem'),
    genesis: path.join(directory, 'genesis.json'),
    node: (index) => path.join(directory, `node${index}`),
  };
}

/** What came of it. */
export interface NewNetwork {
  readonly serviceCertificate: Certificate;
  /** By which members can tell that all mean the same constitution (GOV-8). */
  readonly constitutionDigest: string;
  readonly nodeIds: readonly string[];
}

/**
 * Writes everything; the genesis last: a directory with one is complete. COCO_CLI_EXISTS when there is a network, or half
 * of one, already; COCO_GOVERNANCE_GENESIS when the network could not be governed.
 */
export async function createNetworkFiles(plan: NetworkPlan, nowMs: number): Promise<NewNetwork> {
  const paths = networkPaths(plan.directory);
  if (existsSync(paths.genesis) || existsSync(paths.node(0))) {
    const sentence = `${plan.directory} holds a network, or an unfinished one; remove it or choose another directory`;
    throw new CocoError('COCO_CLI_EXISTS', sentence, { path: plan.directory });
  }
  const service = createServiceIdentity(plan.name, nowMs);
  const nodes = plan.nodes.map((node, index) => ({
    node,
    identity: createNodeIdentity(`Coco node${index}`, node.addresses.host, service, nowMs),
  }));
  const constitution = genesisConstitution(plan, service, nodes);
  const digest = digestOf(constitution);
  mkdirSync(plan.directory, { recursive: true, mode: 0o700 });
  writeFileSync(paths.serviceCertificate, service.certificate.pem);
  const ledgerSecrets = [{ fromSeqno: 1, key: randomBytes(32) }];
  for (const [index, planned] of nodes.entries()) {
    const folder = paths.node(index);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const sealer = await openVirtualSealer(path.join(folder, 'virtual-platform.key'));
    const secrets = { nodeKey: planned.identity.key, serviceKey: service.key, ledgerSecrets };
    saveNodeSecrets(path.join(folder, 'sealed'), sealer, secrets);
    writeJson(path.join(folder, 'node.json'), nodeConfig(plan, planned));
  }
  writeJson(paths.genesis, { ...constitution, adapters: plan.adaptersGenesis });
  return {
    serviceCertificate: service.certificate,
    constitutionDigest: digest,
    nodeIds: nodes.map(({ identity }) => nodeIdOf(identity)),
  };
}

interface IdentifiedNode {
  readonly node: PlannedNode;
  readonly identity: Identity;
}

function nodeIdOf({ key }: Identity): string {
  return key.publicKey.fingerprint;
}

/** The digest of the constitution that the first entry will hold. */
function digestOf(constitution: GenesisConstitution): string {
  const store = createStore();
  store.apply(genesisTables(constitution), 1);
  return constitutionDigest(store.read(1));
}

function genesisConstitution(
  plan: NetworkPlan,
  service: Identity,
  nodes: readonly IdentifiedNode[],
): GenesisConstitution {
  const actors = (planned: readonly PlannedActor[]): GenesisConstitution['members'] =>
    planned.map(({ name, certificate }) => ({ name, certificatePem: certificate.pem }));
  return {
    serviceCertificatePem: service.certificate.pem,
    constitution: plan.constitution,
    members: actors(plan.members),
    participants: actors(plan.participants),
    nodes: nodes.map(({ node, identity }) => ({
      nodeId: nodeIdOf(identity),
      certificatePem: identity.certificate.pem,
      peerAddress: node.addresses.peer,
      applicationAddress: node.addresses.application,
      administrativeAddress: node.addresses.administrative,
      ...(node.actorId !== undefined && { actorId: node.actorId }),
    })),
    votingPolicies: plan.votingPolicies,
    ...plan.manifests,
  };
}

function nodeConfig(plan: NetworkPlan, { node, identity }: IdentifiedNode): unknown {
  const { application, administrative, peer } = node.addresses;
  return {
    nodeId: nodeIdOf(identity),
    platform: 'virtual',
    virtualKey: 'virtual-platform.key',
    directories: { ledger: 'ledger', sealed: 'sealed', snapshots: 'snapshots' },
    addresses: { application, administrative, peer },
    genesis: '../genesis.json',
    adapters: plan.adapters,
    ...plan.settings,
  };
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
