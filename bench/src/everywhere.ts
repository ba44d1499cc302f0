/**
 * When batches were committed on *all* nodes: the latest of the moments at which each node's commit reached them. The
 * nodes and the client share one machine's clock.
 */
import type { Client } from '@coco/client';
import { parseTxId } from '@coco/primitives';
import type { SentBatch } from './drive.js';

interface CommitTime {
  readonly seqno: number;
  readonly atMs: number;
}

/** What became of a load. */
export interface Committed {
  /** From the first sending until the last was committed everywhere. */
  readonly seconds: number;
  /** Milliseconds from sending to committed on all nodes, one for each transaction. */
  readonly latenciesMs: readonly number[];
}

/** Waits until everything is committed on all nodes, and looks up when that was. */
export async function committedEverywhere(
  batches: readonly SentBatch[],
  application: Client,
  administrative: readonly Client[],
): Promise<Committed> {
  const seqnos = await seqnosOf(batches, application);
  const last = Math.max(...seqnos);
  const times = await Promise.all(administrative.map((client) => commitTimes(client, last)));
  const everywhereMs = seqnos.map((seqno) => Math.max(...times.map((list) => reachedMs(list, seqno))));
  const firstMs = Math.min(...batches.map(({ sentMs }) => sentMs));
  return {
    seconds: (Math.max(...everywhereMs) - firstMs) / 1000,
    latenciesMs: batches.flatMap(({ raw, sentMs }, index) =>
      raw.map(() => (everywhereMs[index] as number) - sentMs),
    ),
  };
}

/** Where the last transaction of each batch is in the ledger. */
async function seqnosOf(batches: readonly SentBatch[], application: Client): Promise<readonly number[]> {
  const seqnos: number[] = [];
  for (let at = 0; at < batches.length; ) {
    const some = batches.slice(at, at + 100);
    const outcomes = await application.jsonRpcBatch(
      some.map(({ lastHash }) => ({ method: 'coco_getTransactionId', params: [lastHash] })),
    );
    for (const outcome of outcomes) {
      const place = outcome.ok ? (outcome.result as { transactionId: string | null } | null) : null;
      const txId = parseTxId(place?.transactionId ?? '');
      if (txId === undefined) break;
      seqnos.push(txId.seqno);
    }
    if (seqnos.length < at + some.length) await pause();
    at = seqnos.length;
  }
  return seqnos;
}

/** The times at which a node's commit advanced, once it has reached `last`. */
async function commitTimes(client: Client, last: number): Promise<readonly CommitTime[]> {
  for (;;) {
    const answer = await client.getJson('/node/commits');
    const { commits } = answer as { readonly commits: readonly CommitTime[] };
    if ((commits.at(-1)?.seqno ?? 0) >= last) return commits;
    await pause();
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

function reachedMs(times: readonly CommitTime[], seqno: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as CommitTime).seqno < seqno) low = middle + 1;
    else high = middle;
  }
  return times[low]?.atMs ?? Number.NaN;
}
