/**
 * The files of a sandbox network: made once, used again by the next start.
 *
 *   service.pem            the service certificate: all that a client needs
 *   identities/            members and participants, certificates and keys
 *   accounts.json          funded Ethereum accounts with their private keys
 *   genesis.json           the genesis constitution, and the adapters' part
 *   node<i>/               node.json, sealed secrets, the platform's key, the ledger
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomBytes } from '@coco/crypto';
import { openVirtualSealer, saveNodeSecrets } from '@coco/host';
import { CocoError } from '@coco/primitives';
import { sandboxPorts } from './freePorts.js';
import {
  createActorIdentity,
  createNodeIdentity,
  createServiceIdentity,
  type Identity,
  writeActorIdentity,
} from './identities.js';

export interface SandboxPlan {
  readonly directory: string;
  readonly nodes: number;
  /** Application endpoints listen here and above; administrative and peer endpoints 100 and 200 higher. */
  readonly basePort: number;
  /** Whether each node runs its worker in a thread of its own. */
  readonly thread: boolean;
  /** Genesis of the Ethereum adapter in geth's format. */
  readonly ethereumGenesis: unknown;
  readonly adapterModule: string;
  readonly adapterSettings: unknown;
  /** More settings of node.json, for benchmarks and tests. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** Where the parts of a sandbox are. */
export interface SandboxPaths {
  readonly directory: string;
  readonly serviceCertificate: string;
  readonly identities: string;
  readonly accounts: string;
  node(index: number): string;
}

export function sandboxPaths(directory: string): SandboxPaths {
  return {
    directory,
    serviceCertificate: path.join(directory, 'service.pem'),
    identities: path.join(directory, 'identities'),
    accounts: path.join(directory, 'accounts.json'),
    node: (index) => path.join(directory, `node${index}`),
  };
}

export function sandboxExists(directory: string): boolean {
  return existsSync(path.join(directory, 'genesis.json'));
}

/** Makes everything. The genesis is written last: a sandbox with one is complete. */
export async function createSandbox(plan: SandboxPlan, nowMs: number): Promise<void> {
  const { directory } = plan;
  if (existsSync(directory) && !sandboxExists(directory) && existsSync(path.join(directory, 'node0'))) {
    throw new CocoError(
      'COCO_CLI_SANDBOX',
      `${directory} holds an unfinished sandbox; remove it and start again`,
    );
  }
  const paths = sandboxPaths(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const service = createServiceIdentity(nowMs);
  writeFileSync(paths.serviceCertificate, service.certificate.pem);
  const members = ['member0', 'member1', 'member2'].map((name) => createActorIdentity(name, nowMs));
  const participants = ['participant0', 'participant1'].map((name) => createActorIdentity(name, nowMs));
  for (const actor of [...members, ...participants]) writeActorIdentity(paths.identities, actor.name, actor);
  const nodes = Array.from({ length: plan.nodes }, (_, index) =>
    createNodeIdentity(`node${index}`, service, nowMs),
  );
  const ledgerSecrets = [{ fromSeqno: 1, key: randomBytes(32) }];
  for (const [index, node] of nodes.entries()) {
    const folder = paths.node(index);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const sealer = await openVirtualSealer(path.join(folder, 'virtual-platform.key'));
    saveNodeSecrets(path.join(folder, 'sealed'), sealer, {
      nodeKey: node.key,
      serviceKey: service.key,
      ledgerSecrets,
    });
    writeJson(path.join(folder, 'node.json'), nodeConfig(plan, nodes, index));
  }
  const actors = (identities: readonly Identity[]): unknown =>
    identities.map(({ name, certificate }) => ({ name, certificatePem: certificate.pem }));
  writeJson(path.join(directory, 'genesis.json'), {
    serviceCertificatePem: service.certificate.pem,
    constitution: 'sandbox: no votes yet; whoever runs it decides',
    members: actors(members),
    participants: actors(participants),
    nodes: nodes.map((node, index) => ({
      nodeId: node.key.publicKey.fingerprint,
      certificatePem: node.certificate.pem,
      peerAddress: `127.0.0.1:${plan.basePort + sandboxPorts.peer + index}`,
      applicationAddress: `127.0.0.1:${plan.basePort + sandboxPorts.application + index}`,
    })),
    adapters: { ethereum: plan.ethereumGenesis },
  });
}

function nodeConfig(plan: SandboxPlan, nodes: readonly Identity[], index: number): unknown {
  const { application, administrative, peer } = sandboxPorts;
  const port = (first: number, node: number): string => `127.0.0.1:${plan.basePort + first + node}`;
  return {
    nodeId: nodes[index]?.key.publicKey.fingerprint,
    platform: 'virtual',
    virtualKey: 'virtual-platform.key',
    directories: { ledger: 'ledger', sealed: 'sealed' },
    addresses: {
      application: port(application, index),
      administrative: port(administrative, index),
      peer: port(peer, index),
    },
    nodes: nodes.map((node, other) => ({
      nodeId: node.key.publicKey.fingerprint,
      peer: port(peer, other),
      application: port(application, other),
      certificatePem: node.certificate.pem,
    })),
    serviceCertificate: '../service.pem',
    genesis: '../genesis.json',
    admitAnonymous: true,
    worker: { thread: plan.thread },
    adapters: [{ module: plan.adapterModule, settings: plan.adapterSettings }],
    ...plan.overrides,
  };
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
