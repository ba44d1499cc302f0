/**
 * The smallest worker that an adapter can be examined on: a store, one batch at a time, and full control over what
 * is ordered, committed and rolled back.
 */
import { createStore, type Store, type Transaction, type WriteSet } from '@coco/kv';
import { CocoError, type Seqno, type TxStatus, toHex } from '@coco/primitives';
import type {
  AdapterRequest,
  AdapterResponse,
  AdapterServices,
  BatchContext,
  BatchLimits,
  Handled,
  Submitted,
} from '../types.js';
import type { ComplianceSubject } from './subject.js';

const view = 2;
const context: BatchContext = { nowMs: 1_700_000_000_000, entropy: new Uint8Array(32).fill(7) };
const limitsDefault: BatchLimits = { itemsMax: 1000, executeMs: 60_000 };

/** What becomes of what an adapter submits. */
export type SubmitPolicy =
  /** It is executed, ordered and committed. */
  | 'commit'
  /** It is executed and ordered, then rolled back. */
  | 'invalidate'
  /** It is refused with this code. */
  | 'COCO_WORKER_NOT_PRIMARY'
  | 'COCO_WORKER_BUSY'
  | 'COCO_WORKER_EXECUTION';

export class Stage<Item, Result> {
  readonly subject: ComplianceSubject<Item, Result>;
  readonly store: Store = createStore();
  isPrimary = true;
  policy: SubmitPolicy = 'commit';
  /** How many items were submitted. */
  submissions = 0;
  #committed: Seqno = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(subject: ComplianceSubject<Item, Result>) {
    this.subject = subject;
    subject.adapter.start(this.#services());
  }

  /** The write set of the genesis, which becomes version 1 and is committed. */
  async genesis(): Promise<WriteSet> {
    const transaction = this.store.begin();
    await this.subject.adapter.genesis(transaction, this.subject.genesis);
    const writeSet = transaction.writeSet();
    this.commit(this.order(transaction));
    return writeSet;
  }

  /** Executes one batch at the head, and leaves open what becomes of it. */
  async execute(
    items: readonly Item[],
    limits: BatchLimits = limitsDefault,
  ): Promise<{ transaction: Transaction; results: readonly Result[]; claimsDigest?: Uint8Array }> {
    const transaction = this.store.begin();
    const { results, claimsDigest } = await this.subject.adapter.execute(transaction, items, context, limits);
    expect(results.length > 0, 'execute returns a result for at least one item');
    expect(results.length <= items.length, 'execute returns at most one result for each item');
    expect(claimsDigest === undefined || claimsDigest.length === 32, 'a claims digest has 32 bytes');
    return claimsDigest === undefined ? { transaction, results } : { transaction, results, claimsDigest };
  }

  /** Executes and orders `items`, in as many batches as the adapter makes of them; gives their write sets. */
  async run(items: readonly Item[], limits?: BatchLimits): Promise<WriteSet[]> {
    const writeSets: WriteSet[] = [];
    for (let rest = items; rest.length > 0; ) {
      const { transaction, results } = await this.execute(rest, limits);
      rest = rest.slice(results.length);
      writeSets.push(transaction.writeSet());
      this.order(transaction);
    }
    return writeSets;
  }

  order(transaction: Transaction): Seqno {
    const seqno = this.store.head + 1;
    this.store.commit(transaction, seqno);
    return seqno;
  }

  commit(seqno: Seqno = this.store.head): void {
    this.#committed = seqno;
    this.subject.adapter.committed(seqno);
  }

  rollback(seqno: Seqno): void {
    this.store.rollback(seqno);
    this.subject.adapter.rolledBack(seqno);
  }

  /** The adapter's answer, which must be well formed. */
  async handle(request: AdapterRequest): Promise<Handled> {
    const handled = await this.subject.adapter.handle(request);
    if (handled.kind === 'forward') return handled;
    const { status, body, headers } = handled.response;
    expect(Number.isInteger(status) && status >= 200 && status <= 599, `${status} is an HTTP status`);
    expect(body instanceof Uint8Array, 'a body is bytes');
    for (const [name, value] of Object.entries(headers)) {
      expect(/^[a-z0-9-]+$/.test(name) && !/[\r\n]/.test(value), `the header ${name} can be sent`);
    }
    return handled;
  }

  /** As `handle`, for requests that must be answered here. */
  async answer(request: AdapterRequest): Promise<AdapterResponse> {
    const handled = await this.handle(request);
    if (handled.kind === 'forward') throw new Error('the adapter forwarded what it can answer itself');
    return handled.response;
  }

  #services(): AdapterServices<Item, Result> {
    const isPrimary = (): boolean => this.isPrimary;
    return {
      committed: () => this.store.read(this.#committed),
      head: () => this.store.read(this.isPrimary ? this.store.head : this.#committed),
      at: (seqno) =>
        seqno >= this.store.compacted && seqno <= this.#committed ? this.store.read(seqno) : undefined,
      submit: (item) => this.#submit(item),
      get isPrimary() {
        return isPrimary();
      },
      nowMs: () => context.nowMs,
    };
  }

  #submit(item: Item): Promise<Submitted<Result>> {
    this.submissions++;
    const { policy } = this;
    if (policy !== 'commit' && policy !== 'invalidate') {
      return Promise.reject(new CocoError(policy, 'refused by the compliance suite'));
    }
    const submitted = this.#running.then(() => this.#one(item, policy));
    this.#running = submitted.catch(() => undefined);
    return submitted;
  }

  async #one(item: Item, policy: 'commit' | 'invalidate'): Promise<Submitted<Result>> {
    const before = this.store.head;
    const { transaction, results } = await this.execute([item]);
    const seqno = this.order(transaction);
    const final = Promise.resolve().then((): TxStatus => {
      if (policy === 'commit') this.commit(seqno);
      else this.rollback(before);
      return policy === 'commit' ? 'Committed' : 'Invalid';
    });
    // The next batch waits: with one version at a time there is nothing to tell apart.
    this.#running = this.#running.then(() => final);
    return { result: results[0] as Result, txId: { view, seqno }, final };
  }
}

/** Throws, with the rule that was broken. */
export function expect(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`not compliant: ${rule}`);
}

/** A text that is the same for equal write sets only. */
export function printWriteSet(writeSet: WriteSet): string {
  return JSON.stringify(
    writeSet.map(({ table, puts, removes }) => [
      table,
      puts.map(({ key, value }) => [toHex(key), toHex(value)]),
      removes.map(toHex),
    ]),
  );
}
