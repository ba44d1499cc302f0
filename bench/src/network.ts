/**
 * A network of its own for a measurement: three processes, TLS, fdatasync, in a temporary directory.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandbox, type Network, sandboxPaths, startNetwork } from '@coco/cli';
import { type Client, createClient } from '@coco/client';

export interface BenchNetwork {
  readonly network: Network;
  readonly directory: string;
  /** Clients of the primary's application endpoint. */
  clients(count: number): readonly Client[];
  /** One client of each node's administrative endpoint. */
  administrative(): readonly Client[];
  stop(): Promise<void>;
}

export interface BenchNetworkOptions {
  readonly nodes: number;
  readonly thread: boolean;
  readonly genesis: unknown;
  readonly adapterSettings?: unknown;
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export async function openBenchNetwork(options: BenchNetworkOptions): Promise<BenchNetwork> {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-bench-'));
  await createSandbox(
    {
      directory,
      nodes: options.nodes,
      basePort: await freeBasePort(options.nodes),
      thread: options.thread,
      ethereumGenesis: options.genesis,
      adapterModule: '@coco/ethereum',
      adapterSettings: options.adapterSettings ?? {},
      overrides: options.overrides ?? {},
    },
    Date.now(),
  );
  const paths = sandboxPaths(directory);
  const network = startNetwork(paths, options.nodes);
  const certificate = readFileSync(paths.serviceCertificate, 'utf8');
  await network.ready(60_000);
  const client = (url: string): Client =>
    createClient({
      url,
      serviceCertificatePem: certificate,
      timeoutMs: 120_000,
      responseBytesMax: 64 * 1024 * 1024,
    });
  return {
    network,
    directory,
    clients: (count) => Array.from({ length: count }, () => client(network.primary()?.applicationUrl ?? '')),
    administrative: () => network.nodes.map((_, index) => client(network.administrativeUrl(index))),
    async stop() {
      await network.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A base port such that all ports of a network above it are free now. */
async function freeBasePort(nodes: number): Promise<number> {
  for (let base = 20_000 + Math.floor(Math.random() * 20_000); ; base += 300) {
    const ports = [0, 100, 200].flatMap((offset) =>
      Array.from({ length: nodes }, (_, index) => base + offset + index),
    );
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
