/**
 * The worker: holds the application store, runs the adapters, and turns what they execute into proposals. It learns
 * from the manager what became of them (ARC-3). Everything happens in `receive`, or when an adapter's promise settles.
 *
 * One proposal at a time waits for its place; many may wait to be committed. The next batch executes on top of them.
 * What breaks a promise of the manager or of this room throws out of `receive`: it is a bug, and ends the node.
 */
import type { AdapterRequest, AdapterServices, FromWorker, Submitted, ToWorker } from '@coco/adapter';
import { createStore, type Reader, type Store, type Transaction, type WriteSet } from '@coco/kv';
import { decodeMaps, splitDomains } from '@coco/ledger';
import { assert, assertNever, CocoError, type Seqno, type TxId, type View } from '@coco/primitives';
import { AdapterSet, type AnyAdapter, errorResponse, foreignTable } from './adapters.js';
import { createEntropySource, type EntropySource } from './entropy.js';
import { createFinals, type Finals } from './finals.js';
import { createQueue, type Queue, type QueuedItem } from './queue.js';
import { createReexecution, type Reexecution } from './reexecution.js';
import { createRestoring, createSnapshots, type Restoring, type Snapshots } from './snapshots.js';
import { describeTrouble } from './trouble.js';
import type { WorkerSettings } from './types.js';

export interface Worker {
  receive(message: ToWorker): void;
}

export interface WorkerStart {
  readonly adapters: readonly AnyAdapter[];
  readonly settings: WorkerSettings;
  /** May be answered by `receive` before it returns. */
  readonly post: (message: FromWorker) => void;
}

/** Makes a worker with an empty store. */
export function createWorker(start: WorkerStart): Worker {
  return new AdapterWorker(start);
}

/** What was executed: a batch, or the genesis (which has no items). */
interface Executed {
  readonly adapters: Iterable<AnyAdapter>;
  readonly transaction: Transaction;
  readonly items: readonly QueuedItem[];
  readonly results: readonly unknown[];
  readonly claimsDigest?: Uint8Array;
}

class AdapterWorker implements Worker {
  readonly #adapters: AdapterSet;
  readonly #settings: WorkerSettings;
  readonly #post: (message: FromWorker) => void;
  #store: Store = createStore();
  /** On a node that starts from a snapshot, until its last part. */
  #restoring: Restoring | undefined;
  readonly #snapshots: Snapshots;
  readonly #queue: Queue;
  readonly #finals: Finals = createFinals();
  readonly #entropy: EntropySource = createEntropySource();
  readonly #reexecution: Reexecution;
  /** The proposal that waits for its place. */
  #outstanding: (Executed & { readonly proposal: number }) | undefined;
  #executing = false;
  #nextProposal = 1;
  /** Changes whenever what a running batch builds upon may have changed. */
  #generation = 0;
  /** A proposal is to be made again, once something has moved. */
  #retryLater = false;
  #primary = false;
  #view: View = 0;
  #committed: Seqno = 0;
  #nowMs = 0;
  #batchMs = 0;

  constructor({ adapters, settings, post }: WorkerStart) {
    this.#adapters = new AdapterSet(adapters);
    this.#settings = settings;
    this.#post = post;
    this.#queue = createQueue(settings.queueItemsMax);
    this.#snapshots = createSnapshots(post);
    this.#reexecution = createReexecution({
      adapters,
      settings: settings.reexecution,
      random: () => (this.#entropy.isReady ? this.#entropy.next() : undefined),
      post,
      trouble: (what, error) => this.#trouble(what, error),
    });
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
      case 'snapshot':
        assert(message.seqno <= this.#committed, 'only what is committed goes into a snapshot');
        this.#snapshots.begin(this.#store, message.id, message.seqno);
        break;
      case 'snapshotNext':
        this.#snapshots.next(message.id);
        break;
      case 'snapshotEnd':
        this.#snapshots.end(message.id);
        break;
      case 'restore':
        this.#restore(message);
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
        this.#entropy.renew(message.entropy);
        this.#moved();
        break;
      case 'sampling':
        this.#reexecution.sample(message.ppm);
        break;
      default:
        assertNever(message, 'message to the worker');
    }
  }

  // --- requests ---

  async #request(id: number, request: AdapterRequest): Promise<void> {
    const adapter = this.#adapters.route(request);
    if ('status' in adapter) {
      this.#post({ type: 'response', id, response: adapter });
      return;
    }
    let answer: FromWorker;
    try {
      const handled = await adapter.handle(request);
      answer = handled.kind === 'forward' ? { type: 'forward', id } : { ...handled, type: 'response', id };
    } catch (error) {
      // An adapter answers bad input by itself; this is a bug of its own, of which the client learns no detail.
      const message = `the ${adapter.name} adapter failed on this request`;
      this.#trouble(message, error);
      answer = { type: 'response', id, response: errorResponse(500, 'COCO_WORKER_ADAPTER', message) };
    }
    this.#post(answer);
  }

  #services(adapter: AnyAdapter): AdapterServices<unknown, unknown> {
    const isPrimary = (): boolean => this.#primary;
    return {
      committed: () => this.#committedReader(),
      head: () => (this.#primary ? this.#store.read(this.#store.head) : this.#committedReader()),
      at: (seqno) => {
        const known =
          Number.isSafeInteger(seqno) && seqno >= this.#store.compacted && seqno <= this.#committed;
        return known ? this.#store.read(Math.min(seqno, this.#store.head)) : undefined;
      },
      submit: (item) => this.#submit(adapter, item),
      get isPrimary() {
        return isPrimary();
      },
      nowMs: () => this.#nowMs,
    };
  }

  /** The store has no versions for signatures and governance: its head may be below what is committed. */
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
    const busy = this.#executing || this.#outstanding !== undefined || this.#retryLater;
    if (!this.#primary || busy || this.#queue.length === 0) return;
    const uncommitted = this.#finals.batches;
    if (uncommitted >= this.#settings.uncommittedBatchesMax) return;
    if (uncommitted > 0 && this.#queue.length < this.#settings.eagerItems) return;
    if (this.#entropy.isReady) void this.#executeNext();
  }

  /** Something happened that may let a refused proposal through. */
  #moved(): void {
    this.#retryLater = false;
    this.#schedule();
  }

  async #executeNext(): Promise<void> {
    this.#executing = true;
    // Whatever else arrives in this turn of the event loop belongs to the same batch.
    await undefined;
    const executed = this.#queue.length > 0 ? await this.#execute() : undefined;
    this.#executing = false;
    if (executed === undefined) this.#schedule();
    else this.#propose(this.#nextProposal++, executed);
  }

  /** Executes the next batch; undefined when it came to nothing, and its senders have been told. */
  async #execute(): Promise<Executed | undefined> {
    const generation = this.#generation;
    const { batch } = this.#settings;
    const { adapter, items } = this.#queue.take(batch.itemsMax);
    const transaction = this.#store.begin();
    this.#batchMs = Math.max(this.#batchMs, this.#nowMs);
    const context = { nowMs: this.#batchMs, entropy: this.#entropy.next() };
    let error: unknown;
    try {
      const values = items.map(({ item }) => item);
      const { results, claimsDigest } = await adapter.execute(transaction, values, context, batch);
      checkExecution(adapter, items.length, results.length, transaction.writeSet());
      if (generation === this.#generation) {
        this.#queue.putBack(items.slice(results.length));
        const executed = { adapters: [adapter], transaction, items: items.slice(0, results.length), results };
        return claimsDigest === undefined ? executed : { ...executed, claimsDigest };
      }
    } catch (thrown) {
      error = thrown;
    }
    adapter.rolledBack(this.#store.head);
    if (generation !== this.#generation) {
      // Executed upon what is gone: whatever came of it, it is no fault of the adapter.
      rejectAll(items, notPrimary());
    } else {
      const message = `the ${adapter.name} adapter failed while it executed a batch`;
      rejectAll(items, new CocoError('COCO_WORKER_EXECUTION', message));
      this.#trouble(message, error);
    }
    return undefined;
  }

  async #genesis(proposal: number, genesis: unknown): Promise<void> {
    assert(this.#store.head === 0 && this.#outstanding === undefined, 'the genesis comes before all else');
    const transaction = this.#store.begin();
    let before: WriteSet = [];
    for (const adapter of this.#adapters) {
      try {
        const parts = genesis as Readonly<Record<string, unknown>> | null | undefined;
        await adapter.genesis(transaction, parts?.[adapter.name]);
        const known = new Set(before.map(({ table }) => table));
        before = transaction.writeSet();
        const foreign = foreignTable(
          adapter,
          before.filter(({ table }) => !known.has(table)),
        );
        if (foreign !== undefined) throw new Error(`it wrote to ${foreign}, which is not its own`);
      } catch (error) {
        this.#post({ type: 'failed', message: describeTrouble(`the genesis of ${adapter.name}`, error) });
        return;
      }
    }
    this.#propose(proposal, { adapters: this.#adapters, transaction, items: [], results: [] });
  }

  #propose(proposal: number, executed: Executed): void {
    const { transaction, items, claimsDigest } = executed;
    this.#outstanding = { ...executed, proposal };
    this.#post({
      type: 'propose',
      proposal,
      view: this.#view,
      ...splitDomains(transaction.writeSet()),
      ...(claimsDigest !== undefined && { claimsDigest }),
      items: items.length,
    });
  }

  #assigned(proposal: number, txId: TxId): void {
    const { transaction, items, results } = this.#takeOutstanding(proposal);
    const { outcome } = this.#store.commit(transaction, txId.seqno);
    assert(outcome === 'committed', 'nothing else writes while a proposal is outstanding');
    const final = this.#finals.add(txId.seqno);
    for (const [index, { resolve }] of items.entries()) resolve({ result: results[index], txId, final });
    this.#schedule();
  }

  #refused(proposal: number, retry: boolean): void {
    const { adapters, items } = this.#takeOutstanding(proposal);
    for (const adapter of adapters) adapter.rolledBack(this.#store.head);
    if (retry && this.#primary) {
      this.#queue.putBack(items);
      this.#retryLater = true;
    } else {
      rejectAll(items, notPrimary());
      this.#schedule();
    }
  }

  #takeOutstanding(proposal: number): Executed {
    const outstanding = this.#outstanding;
    assert(outstanding?.proposal === proposal, 'the manager answers the outstanding proposal, once');
    this.#outstanding = undefined;
    return outstanding;
  }

  // --- what the manager decided ---

  #apply(entry: Extract<ToWorker, { readonly type: 'apply' }>): void {
    const { txId, publicMaps, privateMaps } = entry;
    this.#generation++;
    this.#reexecution.meet(this.#store, entry);
    this.#store.apply([...decodeMaps(publicMaps), ...decodeMaps(privateMaps)], txId.seqno);
  }

  #restore(part: Extract<ToWorker, { readonly type: 'restore' }>): void {
    assert(this.#store.head === 0, 'a snapshot comes before all else');
    this.#restoring ??= createRestoring();
    const store = this.#restoring.add(part);
    if (store === undefined) return;
    this.#restoring = undefined;
    this.#store = store;
    this.#commit(part.seqno);
  }

  #rollback(to: Seqno): void {
    assert(to >= this.#committed, 'what is committed is never rolled back');
    this.#generation++;
    this.#reexecution.rollback(to);
    this.#store.rollback(to);
    for (const adapter of this.#adapters) adapter.rolledBack(to);
    for (const settle of this.#finals.rollback(to)) settle('Invalid');
  }

  #commit(seqno: Seqno): void {
    if (seqno <= this.#committed) return;
    this.#committed = seqno;
    for (const adapter of this.#adapters) {
      try {
        adapter.committed(seqno);
      } catch (error) {
        this.#trouble(`the ${adapter.name} adapter failed to take note of a commit`, error);
      }
    }
    const oldest = Math.min(seqno - this.#settings.historySeqnos, this.#store.head);
    if (oldest > this.#store.compacted) this.#store.compact(oldest);
    for (const settle of this.#finals.commit(seqno)) settle('Committed');
    this.#reexecution.committed(seqno);
    this.#moved();
  }

  #role(primary: boolean, view: View): void {
    this.#generation++;
    this.#primary = primary;
    this.#view = view;
    if (!primary) rejectAll(this.#queue.takeAll(), notPrimary());
    this.#moved();
  }

  // --- for people to look at ---

  #trouble(what: string, error: unknown): void {
    this.#post({ type: 'trouble', message: describeTrouble(what, error) });
  }
}

/** Throws when an adapter did not keep to its contract. */
function checkExecution(adapter: AnyAdapter, items: number, results: number, writeSet: WriteSet): void {
  if (results < 1 || results > items) throw new Error(`it gave ${results} results for ${items} items`);
  const foreign = foreignTable(adapter, writeSet);
  if (foreign !== undefined) throw new Error(`it wrote to ${foreign}, which is not its own`);
}

function rejectAll(items: readonly QueuedItem[], error: CocoError): void {
  for (const { reject } of items) reject(error);
}

function notPrimary(): CocoError {
  return new CocoError(
    'COCO_WORKER_NOT_PRIMARY',
    'this node is not the primary; the primary executes transactions',
  );
}
