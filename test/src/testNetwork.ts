/**
 * A network of its own for a test: the processes that `npm start` runs, on free ports, in a temporary directory that
 * is gone afterwards. Should the test itself be killed, its nodes notice and stop.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Account,
  createAccounts,
  createSandbox,
  freeBasePort,
  type Network,
  type SandboxPaths,
  sandboxGenesis,
  sandboxPaths,
  startNetwork,
} from '@coco/cli';
import { type Client, createClient } from '@coco/client';
import type { WorkerIsolation } from '@coco/host';
import { until } from './until.js';

export interface TestNetworkOptions {
  /** Default 3. */
  readonly nodes?: number;
  /** Where workers run. Default in threads of their own, as in a sandbox. */
  readonly isolation?: WorkerIsolation;
  /** Funded accounts. Default 5. */
  readonly accounts?: number;
  /** More settings of node.json. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export interface TestNetwork {
  readonly network: Network;
  readonly paths: SandboxPaths;
  readonly accounts: readonly Account[];
  readonly serviceCertificatePem: string;
  /** A new client of a node's application endpoint; the network closes it when it stops. */
  client(node: number): Client;
  /** A new client of a node's administrative endpoint. */
  administrative(node: number): Client;
  /** Index of the node that is primary now. */
  primaryIndex(): number;
  /** Waits until all nodes have committed the same, in the present view; that TxId. */
  settled(timeoutMs: number): Promise<string>;
  /** Stops all nodes in order; `restart` of the network starts them again. */
  stop(): Promise<void>;
  /** Stops what still runs and removes the directory. */
  dispose(): Promise<void>;
}

const readyTimeoutMs = 60_000;

/** Makes and starts a network, and waits until it has a primary and has committed its genesis. */
export async function openTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const { nodes = 3, isolation = 'thread', overrides = {} } = options;
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-e2e-'));
  const accounts = createAccounts(options.accounts ?? 5);
  await createSandbox(
    {
      directory,
      nodes,
      basePort: await freeBasePort(nodes),
      isolation,
      ethereumGenesis: sandboxGenesis(accounts),
      adapterModule: '@coco/ethereum',
      adapterSettings: {},
      overrides,
    },
    Date.now(),
  );
  const network = new Running(sandboxPaths(directory), accounts, nodes);
  try {
    await network.network.ready(readyTimeoutMs);
  } catch (error) {
    await network.dispose();
    throw error;
  }
  return network;
}

class Running implements TestNetwork {
  readonly network: Network;
  readonly paths: SandboxPaths;
  readonly accounts: readonly Account[];
  readonly serviceCertificatePem: string;
  readonly #clients: Client[] = [];

  constructor(paths: SandboxPaths, accounts: readonly Account[], nodes: number) {
    this.paths = paths;
    this.accounts = accounts;
    this.serviceCertificatePem = readFileSync(paths.serviceCertificate, 'utf8');
    this.network = startNetwork(paths, nodes);
  }

  client(node: number): Client {
    return this.#open(this.network.applicationUrl(node));
  }

  administrative(node: number): Client {
    return this.#open(this.network.administrativeUrl(node));
  }

  #open(url: string): Client {
    const { serviceCertificatePem } = this;
    const client = createClient({ url, serviceCertificatePem });
    this.#clients.push(client);
    return client;
  }

  primaryIndex(): number {
    const id = this.network.primary()?.nodeId;
    return this.network.nodes.findIndex(({ running, report }) => running && report?.nodeId === id);
  }

  async settled(timeoutMs: number): Promise<string> {
    const clients = this.network.nodes.map((_, node) => this.administrative(node));
    try {
      return await until('all nodes have committed the same', timeoutMs, async () => {
        const states = await Promise.all(clients.map((client) => client.getJson('/node/state')));
        const [first, ...others] = states.map(readState);
        if (first === undefined || first.committedView !== first.view) return undefined;
        const same = others.every(
          ({ view, committed }) => view === first.view && committed === first.committed,
        );
        return same ? first.committed : undefined;
      });
    } finally {
      for (const client of clients) client.close();
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    await this.network.stop();
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.paths.directory, { recursive: true, force: true });
  }
}

function readState(state: unknown) {
  const { view, last_committed: committed } = state as { view: number; last_committed: string };
  return { view, committed, committedView: Number(committed.split('.')[0]) };
}
