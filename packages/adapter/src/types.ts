/**
 * The contract that every protocol fulfils (ARC-5). An adapter runs in the worker, upstream of the replica: it
 * executes requests over a store transaction and hands back results; only the primary runs it, backups apply the
 * write sets (TX-3). Adapters may be asynchronous and non-deterministic (P4); they hold no keys.
 */
import type { Reader, Transaction, WriteSet } from '@coco/kv';
import type { Seqno, TxId, TxStatus } from '@coco/primitives';

/** Who a request comes from, as authenticated by the host. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'member' | 'participant' | 'node'; readonly id: string; readonly subject?: string };

/** One request, as bytes that nobody has parsed yet. */
export interface AdapterRequest {
  readonly method: string;
  /** Normalised path without query, for example "/". */
  readonly path: string;
  readonly query: string;
  /** Lower-case names; only content-type, prefer and those that the adapter asked for. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly caller: Caller;
}

export interface AdapterResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The last transaction that this answer depends on: a backup that forwarded waits until it has it. */
  readonly txId?: TxId;
}

/** Where a transaction is, from the moment it is ordered. */
export interface Submitted<Result> {
  readonly result: Result;
  readonly txId: TxId;
  /** Settles at `Committed` or `Invalid`; the store at `txId.seqno` is then readable as committed. */
  readonly final: Promise<TxStatus>;
}

/** What the worker offers to an adapter. */
export interface AdapterServices<Item, Result> {
  /** Reads the newest committed version. */
  committed(): Reader;
  /** Reads the newest version, committed or not; on a backup the same as `committed`. */
  head(): Reader;
  /** Reads an older committed version, or undefined when it has been compacted away. */
  at(seqno: Seqno): Reader | undefined;
  /**
   * Queues `item` for the next batch. Rejects with COCO_WORKER_NOT_PRIMARY on a backup (answer with
   * `forward`), COCO_WORKER_BUSY when the queue is full, COCO_WORKER_EXECUTION when `execute` threw.
   */
  submit(item: Item): Promise<Submitted<Result>>;
  readonly isPrimary: boolean;
  /** Milliseconds since 1970 by the host's clock, which is not trusted for anything but convenience. */
  nowMs(): number;
}

/** The circumstances of a batch, the same for all its items. */
export interface BatchContext {
  /** Milliseconds since 1970, never less than that of an earlier batch. */
  readonly nowMs: number;
  /** 32 bytes of true randomness for this batch alone (P4). */
  readonly entropy: Uint8Array;
}

/** What executing a batch gave: one result per item, in order. */
export interface BatchResult<Result> {
  readonly results: readonly Result[];
  /** 32 bytes that the batch's receipt will prove besides its write set; default none. */
  readonly claimsDigest?: Uint8Array;
}

/** What came of executing a recorded batch again; what it writes is in the transaction. */
export interface Reexecuted {
  /** As `BatchResult` has it. */
  readonly claimsDigest?: Uint8Array;
}

/** A handler's answer: a response, or "only the primary can do this". */
export type Handled =
  | { readonly kind: 'response'; readonly response: AdapterResponse }
  | { readonly kind: 'forward' };

/** How much of a batch to take. Adaptive between one item and these limits (TX-2). */
export interface BatchLimits {
  readonly itemsMax: number;
  /** Stop adding items once executing has taken this long. */
  readonly executeMs: number;
}

/**
 * A protocol. `Item` is a decoded, validated transaction that waits for execution; `Result` is what its sender
 * learns.
 */
export interface Adapter<Item, Result> {
  readonly name: string;
  /** Which requests are the adapter's: method and exact path, for example POST "/". */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  /**
   * Every table that the adapter uses begins with one of these prefixes; the worker refuses writes to others. No
   * prefix takes in a table of another adapter, or of governance (`public:ccf.`, `public:coco.`).
   */
  readonly tablePrefixes: readonly string[];
  /** Writes the initial state; `genesis` is the adapter's part of the network's genesis, already parsed JSON. */
  genesis(transaction: Transaction, genesis: unknown): Promise<void>;
  /** Called once, after the store is there and before the first request. */
  start(services: AdapterServices<Item, Result>): void;
  /** Answers one request: reads, or decodes, validates and submits. Never throws for bad input. */
  handle(request: AdapterRequest): Promise<Handled>;
  /**
   * Executes `items` in order over `transaction`; each item's changes are all or none. Returns after `limits`
   * at the latest with results for a non-empty prefix of `items`; the worker re-queues the rest.
   */
  execute(
    transaction: Transaction,
    items: readonly Item[],
    context: BatchContext,
    limits: BatchLimits,
  ): Promise<BatchResult<Result>>;
  /**
   * Executes over `transaction`, which reads the state before it, the batch that another node executed and that wrote
   * `recorded`, and leaves in `transaction` what it should have written (MIT-3): the same, byte for byte, when that node told
   * the truth. Time and randomness are those of `recorded`. Whatever is wrong with `recorded` shows in what is written here;
   * it is never thrown. Runs beside everything else: it must let other work go on every few milliseconds. Without it, nobody
   * can check the protocol's transactions.
   */
  reexecute?(transaction: Transaction, recorded: WriteSet): Promise<Reexecuted>;
  /**
   * Versions above `seqno` are gone, or a batch that was executed on top of it was dropped: forget what was cached
   * since.
   */
  rolledBack(seqno: Seqno): void;
  /** Everything up to `seqno` is committed (also on backups): feed subscriptions, drop pending. */
  committed(seqno: Seqno): void;
}
