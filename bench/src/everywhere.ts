/**
 * When a batch was committed on *all* nodes: the latest of the moments at which each node's commit reached it. The
 * nodes and the client share one machine's clock.
 */
import type { Client } from '@coco/client';
import { parseTxId } from '@coco/primitives';
import type { SentBatch } from './drive.js';

interface CommitTime {
  readonly seqno: number;
  readonly atMs: number;
}

/** Milliseconds from sending to committed on all nodes, one for each transaction. */
export async function latenciesEverywhere(
  batches: readonly SentBatch[],
  application: Client,
  administrative: readonly Client[],
): Promise<readonly number[]> {
  const times = await Promise.all(administrative.map((client) => commitTimes(client)));
  const latencies: number[] = [];
  for (let at = 0; at < batches.length; at += 100) {
    const some = batches.slice(at, at + 100);
    const outcomes = await application.jsonRpcBatch(
      some.map(({ lastHash }) => ({ method: 'coco_getTransactionId', params: [lastHash] })),
    );
    for (const [index, batch] of some.entries()) {
      const outcome = outcomes[index];
      const place = outcome?.ok === true ? (outcome.result as { transactionId: string | null } | null) : null;
      const txId = parseTxId(place?.transactionId ?? '');
      if (txId === undefined) continue;
      const reached = times.map((list) => reachedMs(list, txId.seqno));
      for (const _ of batch.raw) latencies.push(Math.max(...reached) - batch.sentMs);
    }
  }
  return latencies;
}

async function commitTimes(client: Client): Promise<readonly CommitTime[]> {
  const answer = (await client.getJson('/node/commits')) as { readonly commits: readonly CommitTime[] };
  return answer.commits;
}

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

export function percentile(values: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}
