/**
 * The files of a sandbox network: made once, used again by the next start. A network like any other (GOV-2), with a
 * genesis of its own, whose members' and participants' keys are here too.
 *
 *   service.pem            the service certificate: all that a client needs
 *   identities/            members and participants, certificates and keys
 *   accounts.json          funded Ethereum accounts with their private keys
 *   genesis.json           the genesis constitution, and the adapters' part
 *   node<i>/               node.json, sealed secrets, the platform's key, the ledger
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { WorkerIsolation } from '@coco/host';
import { CocoError } from '@coco/primitives';
import { builtinConstitution } from '../genesis/constitutionScripts.js';
import { createActorIdentity, writeActorIdentity } from '../genesis/identities.js';
import { createNetworkFiles, networkPaths } from '../genesis/networkFiles.js';
import { nodeAddresses } from '../genesis/nodeAddresses.js';
import { sandboxPorts } from './freePorts.js';

export interface SandboxPlan {
  readonly directory: string;
  readonly nodes: number;
  /** Application endpoints listen here and above; administrative and peer endpoints 100 and 200 higher. */
  readonly basePort: number;
  /** Where each node runs its worker. */
  readonly isolation: WorkerIsolation;
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
    ...networkPaths(directory),
    identities: path.join(directory, 'identities'),
    accounts: path.join(directory, 'accounts.json'),
  };
}

export function sandboxExists(directory: string): boolean {
  return existsSync(networkPaths(directory).genesis);
}

/** Who is in a sandbox: one vote each for the members, none for the participants. */
export const sandboxActors = {
  members: ['member0', 'member1', 'member2'],
  participants: ['participant0', 'participant1'],
} as const;

/** Makes everything. The genesis is written last: a sandbox with one is complete. */
export async function createSandbox(plan: SandboxPlan, nowMs: number): Promise<void> {
  const { directory } = plan;
  const paths = sandboxPaths(directory);
  if (!sandboxExists(directory) && [paths.node(0), paths.identities].some((one) => existsSync(one))) {
    const sentence = `${directory} holds an unfinished sandbox; remove it and start again`;
    throw new CocoError('COCO_CLI_SANDBOX', sentence);
  }
  const members = sandboxActors.members.map((name) => createActorIdentity(name, nowMs));
  const participants = sandboxActors.participants.map((name) => createActorIdentity(name, nowMs));
  for (const actor of [...members, ...participants]) writeActorIdentity(paths.identities, actor);
  const { application, administrative, peer } = sandboxPorts;
  const nodes = Array.from({ length: plan.nodes }, (_, index) => {
    const port = plan.basePort + index;
    const ports = [port + application, port + administrative, port + peer] as const;
    const actorId = members[index % members.length]?.certificate.fingerprint;
    return { addresses: nodeAddresses('127.0.0.1', ports), ...(actorId !== undefined && { actorId }) };
  });
  await createNetworkFiles(
    {
      directory,
      name: 'Coco sandbox service (virtual platform: proves nothing)',
      members,
      participants,
      nodes,
      votingPolicies: { default: { kind: 'majority' } },
      constitution: builtinConstitution(),
      adapters: [{ module: plan.adapterModule, settings: plan.adapterSettings }],
      adaptersGenesis: { ethereum: plan.ethereumGenesis },
      settings: { admitAnonymous: true, worker: { isolation: plan.isolation }, ...plan.overrides },
    },
    nowMs,
  );
}
