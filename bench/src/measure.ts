/**
 * One load on one network: throughput, latency until committed on all nodes, and what it cost each node.
 */
import type { Client } from '@coco/client';
import { drive, type SendBatch } from './drive.js';
import { committedEverywhere } from './everywhere.js';
import type { BenchNetwork } from './network.js';
import { quantile } from './statistics.js';

/** How a load is sent. */
export interface LoadShape {
  readonly batchSize: number;
  readonly connections: number;
  /** Batches in flight on each connection, when they are sent as fast as answers come. */
  readonly inFlight: number;
}

export interface Measured {
  readonly txPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Microseconds of processor time per transaction on each node, the primary's first. */
  readonly cpuUs: readonly number[];
}

/** Sends `raw`, at `rate` transactions per second or as fast as answers come. */
export async function measure(
  network: BenchNetwork,
  raw: readonly string[],
  shape: LoadShape,
  rate?: number,
): Promise<Measured> {
  const clients = Array.from({ length: shape.connections }, () => network.client());
  return measureThrough(network, clients, raw, shape, rate);
}

/**
 * Sends `raw` in this very order: one connection, one batch after the other, answered before they commit so that the
 * next can follow at once.
 */
export async function measureInOrder(
  network: BenchNetwork,
  raw: readonly string[],
  batchSize: number,
): Promise<Measured> {
  return measureThrough(network, [network.client(true)], raw, { batchSize, connections: 1, inFlight: 1 });
}

async function measureThrough(
  network: BenchNetwork,
  clients: readonly Client[],
  raw: readonly string[],
  { batchSize, inFlight }: LoadShape,
  rate?: number,
): Promise<Measured> {
  const connections = clients.map(sendBatch);
  const before = network.cpuMs();
  const paced = rate === undefined ? {} : { rate };
  const batches = await drive({ connections, raw, batchSize, inFlight, ...paced });
  const committed = await committedEverywhere(batches, network.client(), network.administrative());
  const after = network.cpuMs();
  for (const client of clients) client.close();
  const { seconds, latenciesMs } = committed;
  return {
    txPerSecond: raw.length / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    cpuUs: after.map((ms, node) => ((ms - (before[node] ?? Number.NaN)) * 1000) / raw.length),
  };
}

function sendBatch(client: Client): SendBatch {
  return (raw) =>
    client.jsonRpcBatch(raw.map((one) => ({ method: 'eth_sendRawTransaction', params: [one] })));
}
