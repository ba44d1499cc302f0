/**
 * Sends transactions so that they execute in the order of the list, and gathers their receipts.
 *
 * A node keeps the order within one JSON-RPC batch, but not between batches that are under way at the same time. So
 * there is one stream of batches, and the next is sent when the one before has been answered. With one batch in
 * flight the answer comes when it is committed. With more, it comes when it is accepted, and so has its place in the
 * primary's queue (`prefer: respond-async`); receipts then tell of the commit. Whatever goes wrong on that way is
 * put right by waiting for everything before and sending again what has no receipt: a transaction never counts twice.
 */
import type { JsonRpcOutcome } from '@coco/client';
import { CocoError } from '@coco/primitives';
import type { ReplayTransaction } from './replaySet.js';

/** What became of one transaction. */
export type ReplayResult =
  | { readonly kind: 'receipt'; readonly receipt: unknown }
  | { readonly kind: 'refused'; readonly reason: string };

/** The node that is talked to. Calls may throw a CocoError of the client. */
export interface ReplayTarget {
  /** Sends transactions and resolves when they are accepted. */
  accept(raws: readonly string[]): Promise<readonly JsonRpcOutcome[]>;
  /** The same, when they are committed. */
  commit(raws: readonly string[]): Promise<readonly JsonRpcOutcome[]>;
  /** Receipts, null for what is not committed. */
  receipts(hashes: readonly string[]): Promise<readonly JsonRpcOutcome[]>;
}

export interface StreamOptions {
  readonly target: ReplayTarget;
  readonly batchItems: number;
  /** Batches that may be accepted and not yet known to be committed. 1: each is waited for. */
  readonly inFlightBatches: number;
  /** Called once for each transaction, in no particular order. */
  readonly onResult: (index: number, result: ReplayResult) => void;
  /** Gives up on a batch when for so long nothing of it was committed. */
  readonly patienceMs: number;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Sends all of `transactions`; settles when each has its result. COCO_CLIENT_* when the node cannot be talked to. */
export async function streamInOrder(
  transactions: readonly ReplayTransaction[],
  options: StreamOptions,
): Promise<void> {
  const { batchItems, inFlightBatches } = options;
  const open: Batch[] = [];
  const settleAll = async (): Promise<void> => {
    for (let batch = open.shift(); batch !== undefined; batch = open.shift()) await settle(batch, options);
  };
  for (let start = 0; start < transactions.length; start += batchItems) {
    const batch: Batch = transactions
      .slice(start, start + batchItems)
      .map((transaction, i) => ({ index: start + i, transaction }));
    if (inFlightBatches > 1 && (await isAccepted(batch, options))) {
      open.push(batch);
      const oldest = open.length === inFlightBatches ? open.shift() : undefined;
      if (oldest !== undefined) await settle(oldest, options);
    } else {
      await settleAll();
      await resolve(batch, options);
    }
  }
  await settleAll();
}

interface Sent {
  readonly index: number;
  readonly transaction: ReplayTransaction;
}

type Batch = readonly Sent[];

const rawsOf = (batch: Batch): readonly string[] => batch.map(({ transaction }) => transaction.raw);

async function isAccepted(batch: Batch, { target }: StreamOptions): Promise<boolean> {
  const outcomes = await attempt(() => target.accept(rawsOf(batch)));
  return outcomes?.every(({ ok }) => ok) === true;
}

const pollMs = 10;
const quietMs = 2_000;

/** Waits for the receipts of a batch that was accepted; resolves what gets none. */
async function settle(batch: Batch, options: StreamOptions): Promise<void> {
  let waiting = batch;
  for (let quietSinceMs = options.nowMs(); waiting.length > 0; ) {
    const left = await takeReceipts(waiting, options);
    // They commit in order: what has no receipt although the last one has got none at all.
    const isOver = left.length > 0 && left.length < waiting.length && left.at(-1) !== waiting.at(-1);
    if (left.length < waiting.length) quietSinceMs = options.nowMs();
    waiting = left;
    if (isOver || options.nowMs() - quietSinceMs > quietMs) break;
    if (waiting.length > 0) await options.sleep(pollMs);
  }
  await resolve(waiting, options);
}

/** Sends what has no receipt yet until everything has its result. */
async function resolve(batch: Batch, options: StreamOptions): Promise<void> {
  let waiting = batch;
  let quietSinceMs = options.nowMs();
  while (waiting.length > 0) {
    const outcomes = await attempt(() => options.target.commit(rawsOf(waiting)));
    const left = await takeReceipts(waiting, options);
    const reasons = new Map(waiting.map((sent, i) => [sent, outcomes?.[i]]));
    const isPatient = options.nowMs() - quietSinceMs < options.patienceMs;
    if (left.length < waiting.length) quietSinceMs = options.nowMs();
    waiting = left.filter((sent) => {
      const reason = reasonOf(reasons.get(sent), isPatient);
      if (reason !== undefined) options.onResult(sent.index, { kind: 'refused', reason });
      return reason === undefined;
    });
    if (waiting.length > 0) await options.sleep(outcomes === undefined ? 200 : 50);
  }
}

/** Why nothing more will come of a transaction that has no receipt; undefined while something may. */
function reasonOf(outcome: JsonRpcOutcome | undefined, isPatient: boolean): string | undefined {
  const told = outcome?.ok === false ? `${outcome.message} (${outcome.code})` : undefined;
  if (outcome?.ok === false && !isPassing(outcome)) return told;
  if (isPatient) return undefined;
  return outcome?.ok === false && outcome.message !== alreadyKnown
    ? told
    : 'it was accepted, but never committed';
}

const alreadyKnown = 'already known';

/** Not committed in time, no primary now, a full queue; or on its way already. */
function isPassing({ code, message }: JsonRpcOutcome & { readonly ok: false }): boolean {
  return code === 4 || code === -32_002 || code === -32_005 || message === alreadyKnown;
}

/** Reports those of `waiting` that have a receipt, and returns the others. */
async function takeReceipts(waiting: Batch, { target, onResult }: StreamOptions): Promise<Batch> {
  const receipts = await attempt(() =>
    target.receipts(waiting.map(({ transaction }) => transaction.expect.hash)),
  );
  return waiting.filter(({ index }, i) => {
    const outcome = receipts?.[i];
    if (outcome?.ok !== true || outcome.result === null) return true;
    onResult(index, { kind: 'receipt', receipt: outcome.result });
    return false;
  });
}

/** The answer, or undefined when the node could not give one at the moment. */
async function attempt<Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CocoError && isUnavailable(error)) return undefined;
    throw error;
  }
}

function isUnavailable({ code, facts }: CocoError): boolean {
  if (code === 'COCO_CLIENT_HTTP') return Number(facts.status) >= 500;
  return code === 'COCO_CLIENT_CONNECTION' || code === 'COCO_CLIENT_TIMEOUT';
}
