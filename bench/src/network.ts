/**
 * A network of its own for a measurement: three processes, TLS, fdatasync, in a temporary directory.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandbox, freeBasePort, type Network, sandboxPaths, startNetwork } from '@coco/cli';
import { type Client, createClient } from '@coco/client';
import type { WorkerIsolation } from '@coco/host';
import { cpuMsOf } from './machine.js';

export interface BenchNetwork {
  /** A new client of the primary's application endpoint; `later`: transactions are answered before they commit. */
  client(later?: boolean): Client;
  /** One client of each node's administrative endpoint, the primary's first. */
  administrative(): readonly Client[];
  /** Processor time of each node so far in milliseconds, the primary's first. */
  cpuMs(): readonly number[];
  /** Process ids, the primary's first. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

export interface BenchNetworkOptions {
  readonly nodes: number;
  /** What the worker runs in. */
  readonly isolation: WorkerIsolation;
  readonly genesis: unknown;
  readonly adapterSettings?: unknown;
  /** Settings of the genesis that are not as usual. */
  readonly governance?: Readonly<Record<string, number>>;
}

const readyTimeoutMs = 60_000;

export async function openBenchNetwork(options: BenchNetworkOptions): Promise<BenchNetwork> {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-bench-'));
  const { nodes, isolation, genesis, adapterSettings = {}, governance = {} } = options;
  const plan = { directory, nodes, basePort: await freeBasePort(nodes), isolation, adapterSettings };
  await createSandbox({ ...plan, ethereumGenesis: genesis, adapterModule: '@coco/ethereum' }, Date.now());
  const paths = sandboxPaths(directory);
  govern(path.join(directory, 'genesis.json'), governance);
  const network = startNetwork(paths, nodes);
  await network.ready(readyTimeoutMs);
  return new Running(network, directory, readFileSync(paths.serviceCertificate, 'utf8'));
}

function govern(file: string, settings: Readonly<Record<string, number>>): void {
  const genesis = JSON.parse(readFileSync(file, 'utf8')) as { readonly settings?: object };
  writeFileSync(file, JSON.stringify({ ...genesis, settings: { ...genesis.settings, ...settings } }));
}

class Running implements BenchNetwork {
  readonly #network: Network;
  readonly #directory: string;
  readonly #certificate: string;
  readonly #clients: Client[] = [];

  constructor(network: Network, directory: string, certificate: string) {
    this.#network = network;
    this.#directory = directory;
    this.#certificate = certificate;
  }

  client(later = false): Client {
    const url = this.#network.primary()?.applicationUrl ?? '';
    return this.#open(url, later ? { prefer: 'respond-async' } : {});
  }

  administrative(): readonly Client[] {
    return this.#order().map((index) => this.#open(this.#network.administrativeUrl(index), {}));
  }

  #open(url: string, headers: Readonly<Record<string, string>>): Client {
    const responseBytesMax = 64 * 1024 * 1024;
    const serviceCertificatePem = this.#certificate;
    const client = createClient({
      url,
      serviceCertificatePem,
      headers,
      timeoutMs: 120_000,
      responseBytesMax,
    });
    this.#clients.push(client);
    return client;
  }

  cpuMs(): readonly number[] {
    return this.pids().map((pid) => cpuMsOf(pid) ?? Number.NaN);
  }

  pids(): readonly number[] {
    return this.#order().map((index) => this.#network.nodes[index]?.pid ?? 0);
  }

  /** Indexes of the nodes, the primary's first. */
  #order(): readonly number[] {
    const primary = this.#network.primary()?.applicationUrl;
    const indexes = [...this.#network.nodes.keys()];
    const rank = (index: number): number => (this.#network.applicationUrl(index) === primary ? 0 : 1);
    return indexes.toSorted((a, b) => rank(a) - rank(b));
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#network.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
