/**
 * Sends a load: batches of JSON-RPC over several connections, either as fast as answers come (closed loop) or at a
 * fixed rate (open loop). What is measured is what a client sees.
 */
import type { Client, JsonRpcOutcome } from '@coco/client';

/** One batch that was answered. Times in milliseconds since 1970, with fractions. */
export interface SentBatch {
  readonly raw: readonly string[];
  readonly sentMs: number;
  readonly answeredMs: number;
  /** Hash of its last transaction. */
  readonly lastHash: string;
}

export interface DriveOptions {
  readonly clients: readonly Client[];
  readonly raw: readonly string[];
  readonly batchSize: number;
  /** Closed loop: batches in flight per client. */
  readonly inFlight: number;
  /** Open loop: transactions per second; absent means closed. */
  readonly rate?: number;
}

export interface Driven {
  readonly batches: readonly SentBatch[];
  readonly seconds: number;
  readonly failures: readonly string[];
}

export const now = (): number => performance.timeOrigin + performance.now();

export async function drive(options: DriveOptions): Promise<Driven> {
  const queue = cut(options.raw, options.batchSize);
  const failures: string[] = [];
  const batches: SentBatch[] = [];
  const started = now();
  const send = async (client: Client, raw: readonly string[], due: number): Promise<void> => {
    const outcomes = await client.jsonRpcBatch(
      raw.map((one) => ({ method: 'eth_sendRawTransaction', params: [one] })),
    );
    for (const outcome of outcomes) if (!outcome.ok) failures.push(outcome.message);
    const last = outcomes.at(-1) as JsonRpcOutcome;
    batches.push({ raw, sentMs: due, answeredMs: now(), lastHash: last.ok ? String(last.result) : '' });
  };
  if (options.rate === undefined) await closedLoop(queue, options, send);
  else await openLoop(queue, options, options.rate, send);
  return { batches, seconds: (now() - started) / 1000, failures };
}

type Send = (client: Client, raw: readonly string[], due: number) => Promise<void>;

async function closedLoop(
  queue: readonly (readonly string[])[],
  options: DriveOptions,
  send: Send,
): Promise<void> {
  let next = 0;
  const lane = async (client: Client): Promise<void> => {
    for (let raw = queue[next++]; raw !== undefined; raw = queue[next++]) await send(client, raw, now());
  };
  await Promise.all(
    options.clients.flatMap((client) => Array.from({ length: options.inFlight }, () => lane(client))),
  );
}

/** Batches leave when they are due, whether or not earlier ones were answered. */
async function openLoop(
  queue: readonly (readonly string[])[],
  options: DriveOptions,
  rate: number,
  send: Send,
): Promise<void> {
  const started = now();
  const sent: Promise<void>[] = [];
  for (const [index, raw] of queue.entries()) {
    const due = started + (index * options.batchSize * 1000) / rate;
    const wait = due - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    sent.push(send(options.clients[index % options.clients.length] as Client, raw, due));
  }
  await Promise.all(sent);
}

function cut(raw: readonly string[], size: number): readonly (readonly string[])[] {
  const batches: string[][] = [];
  for (let at = 0; at < raw.length; at += size) batches.push(raw.slice(at, at + size));
  return batches;
}
