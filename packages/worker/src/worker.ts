/**
 * The worker: holds the application store, runs the adapters, and turns what they execute into proposals. It learns
 * from the manager what became of them (ARC-3). Everything happens in `receive`, or when an adapter's promise settles.
 *
 * One proposal at a time waits for its place; many may wait to be committed. The next batch executes on top of them.
 */
import type {
  Adapter,
  AdapterRequest,
  AdapterResponse,
  AdapterServices,
  FromWorker,
  Submitted,
  ToWorker,
} from '@coco/adapter';
import { createStore, type Reader, type Store, type Transaction } from '@coco/kv';
import { decodeMaps, splitDomains } from '@coco/ledger';
import {
  assert,
  assertNever,
  CocoError,
  type Seqno,
  type TxId,
  type TxStatus,
  utf8,
  type View,
} from '@coco/primitives';
import { createFinals, type Finals } from './finals.js';
import { createQueue, type Queue, type QueuedItem } from './queue.js';
import type { WorkerSettings } from './types.js';

/** An adapter whose items and results are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: only the adapter itself ever looks into its items and results
export type AnyAdapter = Adapter<any, any>;

export interface Worker {
  receive(message: ToWorker): void;
}

export interface WorkerStart {
  readonly adapters: readonly AnyAdapter[];
  readonly settings: WorkerSettings;
  readonly post: (message: FromWorker) => void;
}

/** Makes a worker with an empty store. */
export function createWorker(start: WorkerStart): Worker {
  return new AdapterWorker(start);
}

/** A proposal that waits for its place, and who waits for its results. */
interface Outstanding {
  readonly proposal: number;
  readonly transaction: Transaction;
  readonly items: readonly QueuedItem[];
  readonly results: readonly unknown[];
}

class AdapterWorker implements Worker {
  readonly #adapters: readonly AnyAdapter[];
  readonly #settings: WorkerSettings;
  readonly #post: (message: FromWorker) => void;
  readonly #store: Store = createStore();
  readonly #queue: Queue;
  readonly #finals: Finals = createFinals();
  #outstanding: Outstanding | undefined;
  #executing = false;
  #nextProposal = 1;
  /** Changes whenever what a running batch builds upon may have changed. */
  #generation = 0;
  #primary = false;
  #view: View = 0;
  #committed: Seqno = 0;
  #nowMs = 0;
  #batchMs = 0;
  #entropy = new Uint8Array(32);

  constructor({ adapters, settings, post }: WorkerStart) {
    this.#adapters = adapters;
    this.#settings = settings;
    this.#post = post;
    this.#queue = createQueue(settings.queueItemsMax);
    for (const adapter of adapters) adapter.start(this.#services(adapter));
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'request':
        this.#nowMs = message.nowMs;
        void this.#request(message.id, message.request);
        break;
      case 'genesis':
        this.#nowMs = message.nowMs;
        void this.#genesis(message.proposal, message.genesis);
        break;
      case 'assigned':
        this.#assigned(message.proposal, message.txId);
        break;
      case 'refused':
        this.#refused(message.proposal, message.retry);
        break;
      case 'apply':
        this.#apply(message);
        break;
      case 'rollback':
        this.#rollback(message.seqno);
        break;
      case 'committed':
        this.#commit(message.seqno);
        break;
      case 'role':
        this.#role(message.primary, message.view);
        break;
      case 'clock':
        this.#nowMs = message.nowMs;
        this.#entropy = message.entropy as Uint8Array<ArrayBuffer>;
        break;
      default:
        assertNever(message, 'message to the worker');
    }
  }

  // --- requests ---

  async #request(id: number, request: AdapterRequest): Promise<void> {
    const adapter = this.#adapters.find(({ routes }) =>
      routes.some(({ method, path }) => method === request.method && path === request.path),
    );
    if (adapter === undefined) {
      const message = 'nothing is served here; see the documentation of the adapters that this network runs';
      this.#post({ type: 'response', id, response: errorResponse(404, 'COCO_WORKER_NO_ROUTE', message) });
      return;
    }
    try {
      const handled = await adapter.handle(request);
      if (handled.kind === 'forward') this.#post({ type: 'forward', id });
      else this.#post({ type: 'response', id, response: handled.response });
    } catch (error) {
      // An adapter answers bad input by itself; this is a bug of its own, of which the client learns no detail.
      const message = `the ${adapter.name} adapter failed on this request`;
      this.#post({ type: 'response', id, response: errorResponse(500, 'COCO_WORKER_ADAPTER', message) });
      this.#post({ type: 'trouble', message: `${message}: ${String(error)}` });
    }
  }

  #services(adapter: AnyAdapter): AdapterServices<unknown, unknown> {
    const isPrimary = (): boolean => this.#primary;
    return {
      committed: () => this.#committedReader(),
      head: () => (this.#primary ? this.#store.read(this.#store.head) : this.#committedReader()),
      at: (seqno) => {
        const readable = seqno >= this.#store.compacted && seqno <= this.#committed;
        return readable ? this.#store.read(Math.min(seqno, this.#store.head)) : undefined;
      },
      submit: (item) => this.#submit(adapter, item),
      get isPrimary() {
        return isPrimary();
      },
      nowMs: () => this.#nowMs,
    };
  }

  #committedReader(): Reader {
    return this.#store.read(Math.min(this.#committed, this.#store.head));
  }

  #submit(adapter: AnyAdapter, item: unknown): Promise<Submitted<unknown>> {
    if (!this.#primary) return Promise.reject(notPrimary());
    const submitted = this.#queue.add(adapter, item);
    this.#schedule();
    return submitted;
  }

  // --- batches ---

  /** Starts the next batch if one may start. */
  #schedule(): void {
    if (!this.#primary || this.#executing || this.#outstanding !== undefined || this.#queue.length === 0)
      return;
    const uncommitted = this.#finals.batches;
    if (uncommitted >= this.#settings.uncommittedBatchesMax) return;
    if (uncommitted > 0 && this.#queue.length < this.#settings.eagerItems) return;
    void this.#execute();
  }

  async #execute(): Promise<void> {
    this.#executing = true;
    // Whatever else arrives in this turn of the event loop belongs to the same batch.
    await undefined;
    const generation = this.#generation;
    const { adapter, items } = this.#queue.take(this.#settings.batch.itemsMax);
    const transaction = this.#store.begin();
    this.#batchMs = Math.max(this.#batchMs, this.#nowMs);
    try {
      const context = { nowMs: this.#batchMs, entropy: this.#entropy };
      const values = items.map(({ item }) => item);
      const { results, claimsDigest } = await adapter.execute(
        transaction,
        values,
        context,
        this.#settings.batch,
      );
      assert(
        results.length > 0 && results.length <= items.length,
        'an adapter executes a prefix of its batch',
      );
      this.#executing = false;
      const executed = items.slice(0, results.length);
      if (generation !== this.#generation) {
        for (const { reject } of items) reject(notPrimary());
        this.#schedule();
        return;
      }
      this.#queue.putBack(items.slice(results.length));
      this.#propose({ proposal: this.#nextProposal++, transaction, items: executed, results }, claimsDigest);
    } catch (error) {
      this.#executing = false;
      const message = `the ${adapter.name} adapter failed while it executed a batch`;
      for (const { reject } of items) reject(new CocoError('COCO_WORKER_EXECUTION', message));
      this.#post({ type: 'trouble', message: `${message}: ${String(error)}` });
      this.#schedule();
    }
  }

  #propose(outstanding: Outstanding, claimsDigest: Uint8Array | undefined): void {
    const writeSet = outstanding.transaction.writeSet();
    this.#checkTables(writeSet.map(({ table }) => table));
    this.#outstanding = outstanding;
    this.#post({
      type: 'propose',
      proposal: outstanding.proposal,
      view: this.#view,
      ...splitDomains(writeSet),
      ...(claimsDigest !== undefined && { claimsDigest }),
      items: outstanding.items.length,
    });
  }

  /** Adapters keep to their own tables; governance tables are the manager's alone. */
  #checkTables(tables: readonly string[]): void {
    const prefixes = this.#adapters.flatMap(({ tablePrefixes }) => tablePrefixes);
    for (const table of tables) {
      assert(
        prefixes.some((prefix) => table.startsWith(prefix)),
        `an adapter wrote to ${table}, which is not its own`,
      );
    }
  }

  async #genesis(proposal: number, genesis: unknown): Promise<void> {
    const transaction = this.#store.begin();
    try {
      for (const adapter of this.#adapters) {
        const own = (genesis as Readonly<Record<string, unknown>> | null)?.[adapter.name];
        await adapter.genesis(transaction, own);
      }
      this.#propose({ proposal, transaction, items: [], results: [] }, undefined);
    } catch (error) {
      this.#post({
        type: 'failed',
        message: `genesis: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }

  #assigned(proposal: number, txId: TxId): void {
    const outstanding = this.#take(proposal);
    const outcome = this.#store.commit(outstanding.transaction, txId.seqno);
    assert(outcome.outcome === 'committed', 'nothing else writes while a proposal is outstanding');
    const final = this.#finals.add(txId.seqno);
    for (const [index, { resolve }] of outstanding.items.entries()) {
      resolve({ result: outstanding.results[index], txId, final });
    }
    this.#schedule();
  }

  #refused(proposal: number, retry: boolean): void {
    const { items } = this.#take(proposal);
    if (retry) this.#queue.putBack(items);
    else for (const { reject } of items) reject(notPrimary());
    this.#schedule();
  }

  #take(proposal: number): Outstanding {
    const outstanding = this.#outstanding;
    assert(outstanding?.proposal === proposal, 'the manager answers the outstanding proposal');
    this.#outstanding = undefined;
    return outstanding;
  }

  // --- what the manager decided ---

  #apply({ txId, publicMaps, privateMaps }: Extract<ToWorker, { readonly type: 'apply' }>): void {
    this.#generation++;
    const changes = [...decodeMaps(publicMaps), ...decodeMaps(privateMaps)];
    this.#store.apply(
      changes.toSorted((a, b) => (a.table < b.table ? -1 : 1)),
      txId.seqno,
    );
  }

  #rollback(to: Seqno): void {
    this.#generation++;
    if (to < this.#store.head) this.#store.rollback(to);
    this.#settle(this.#finals.rollback(to), 'Invalid');
    for (const adapter of this.#adapters) adapter.rolledBack(to);
  }

  #commit(seqno: Seqno): void {
    if (seqno <= this.#committed) return;
    this.#committed = seqno;
    const oldest = Math.min(seqno - this.#settings.historySeqnos, this.#store.head);
    if (oldest > this.#store.compacted) this.#store.compact(oldest);
    for (const adapter of this.#adapters) adapter.committed(seqno);
    this.#settle(this.#finals.commit(seqno), 'Committed');
    this.#schedule();
  }

  #settle(settled: readonly ((status: TxStatus) => void)[], status: TxStatus): void {
    for (const settle of settled) settle(status);
  }

  #role(primary: boolean, view: View): void {
    this.#generation++;
    this.#primary = primary;
    this.#view = view;
    if (!primary) for (const { reject } of this.#queue.takeAll()) reject(notPrimary());
    this.#schedule();
  }
}

function notPrimary(): CocoError {
  return new CocoError(
    'COCO_WORKER_NOT_PRIMARY',
    'this node is not the primary; the primary executes transactions',
  );
}

function errorResponse(status: number, code: string, message: string): AdapterResponse {
  const body = utf8(JSON.stringify({ error: { code, message } }));
  return { status, headers: { 'content-type': 'application/json' }, body };
}
