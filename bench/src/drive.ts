/**
 * Sends a load: batches of JSON-RPC over several connections, either as fast as answers come (closed loop) or at a
 * fixed rate (open loop). What is measured is what a client sees.
 */
import type { JsonRpcOutcome } from '@coco/client';

/** Sends raw transactions as one JSON-RPC batch; outcomes in their order. */
export type SendBatch = (raw: readonly string[]) => Promise<readonly JsonRpcOutcome[]>;

/** One batch that was answered. Times in milliseconds since 1970, with fractions. */
export interface SentBatch {
  readonly raw: readonly string[];
  /** Open loop: when it was due, even if it could not leave then. */
  readonly sentMs: number;
  /** Hash of its last transaction. */
  readonly lastHash: string;
}

export interface DriveOptions {
  /** One for each connection. */
  readonly connections: readonly SendBatch[];
  readonly raw: readonly string[];
  readonly batchSize: number;
  /** Closed loop: batches in flight on each connection. */
  readonly inFlight: number;
  /** Open loop: transactions per second. Absent: closed. */
  readonly rate?: number;
}

/** Milliseconds since 1970 with fractions, by a clock that does not jump. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Sends all of it; throws when any transaction is refused, for then the figures would mean nothing. */
export async function drive(options: DriveOptions): Promise<readonly SentBatch[]> {
  const batches = cut(options.raw, options.batchSize);
  const sent: SentBatch[] = [];
  const send = async (connection: SendBatch, raw: readonly string[], sentMs: number): Promise<void> => {
    const outcomes = await connection(raw);
    for (const outcome of outcomes) if (!outcome.ok) throw new Error(`refused: ${outcome.message}`);
    const last = outcomes.at(-1);
    sent.push({ raw, sentMs, lastHash: last?.ok === true ? String(last.result) : '' });
  };
  if (options.rate === undefined) await closedLoop(batches, options, send);
  else await openLoop(batches, options, options.rate, send);
  return sent;
}

type Batches = readonly (readonly string[])[];
type Send = (connection: SendBatch, raw: readonly string[], dueMs: number) => Promise<void>;

async function closedLoop(batches: Batches, options: DriveOptions, send: Send): Promise<void> {
  let next = 0;
  const lane = async (connection: SendBatch): Promise<void> => {
    for (let raw = batches[next++]; raw !== undefined; raw = batches[next++]) {
      await send(connection, raw, now());
    }
  };
  const { connections, inFlight } = options;
  await Promise.all(connections.flatMap((one) => Array.from({ length: inFlight }, () => lane(one))));
}

/** Batches leave when they are due, whether or not earlier ones were answered. */
async function openLoop(batches: Batches, options: DriveOptions, rate: number, send: Send): Promise<void> {
  const { connections, batchSize } = options;
  const started = now();
  const sent: Promise<void>[] = [];
  for (const [index, raw] of batches.entries()) {
    const due = started + (index * batchSize * 1000) / rate;
    const wait = due - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    sent.push(send(connections[index % connections.length] as SendBatch, raw, due));
  }
  await Promise.all(sent);
}

function cut(raw: readonly string[], size: number): Batches {
  const batches: string[][] = [];
  for (let at = 0; at < raw.length; at += size) batches.push(raw.slice(at, at + size));
  return batches;
}
