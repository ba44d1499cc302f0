/**
 * A manager for tests of the worker: it keeps the log, and each test says what becomes of proposals and when.
 */
import type { AdapterRequest, AdapterResponse, FromWorker, ToWorker } from '@coco/adapter';
import { assert, fromUtf8, type Seqno, type TxId, utf8, type View } from '@coco/primitives';
import type { AnyAdapter } from '../adapters.js';
import type { WorkerSettings } from '../types.js';
import { createWorker, type Worker } from '../worker.js';

type Proposal = Extract<FromWorker, { readonly type: 'propose' }>;

export const testSettings: WorkerSettings = {
  batch: { itemsMax: 4, executeMs: 1000 },
  eagerItems: 3,
  uncommittedBatchesMax: 3,
  queueItemsMax: 8,
  historySeqnos: 5,
  reexecution: { all: false, waitingMax: 4 },
};

export class StandInManager {
  readonly worker: Worker;
  /** Messages of the worker other than answers to requests. */
  readonly posted: FromWorker[] = [];
  /** Proposals without an answer; the worker allows itself one. */
  readonly open: Proposal[] = [];
  /** Every entry, as a backup would get it. */
  readonly log: Extract<ToWorker, { readonly type: 'apply' }>[] = [];
  view: View = 2;
  last: Seqno = 0;
  committed: Seqno = 0;
  readonly #waiting = new Map<number, (answer: AdapterResponse | 'forward') => void>();
  #nextId = 1;

  constructor(adapters: readonly AnyAdapter[], settings: Partial<WorkerSettings> = {}) {
    this.worker = createWorker({
      adapters,
      settings: { ...testSettings, ...settings },
      post: (message) => this.#receive(message),
    });
  }

  /** A worker that is primary, with its genesis committed as seqno 1. */
  static async primary(
    adapters: readonly AnyAdapter[],
    settings?: Partial<WorkerSettings>,
    genesis: unknown = {},
  ): Promise<StandInManager> {
    const manager = new StandInManager(adapters, settings);
    manager.clock(1_000);
    manager.worker.receive({ type: 'genesis', proposal: 0, genesis, nowMs: 1_000 });
    await settle();
    manager.assign();
    manager.role(true);
    manager.commit();
    return manager;
  }

  clock(nowMs: number, entropy: Uint8Array = new Uint8Array(32).fill(7)): void {
    this.worker.receive({ type: 'clock', nowMs, entropy });
  }

  role(primary: boolean): void {
    this.worker.receive({ type: 'role', primary, view: this.view });
  }

  /** Gives the open proposal its place; every entry is followed by one that the worker never sees. */
  assign(): TxId {
    const proposal = this.open.shift();
    assert(proposal !== undefined, 'there is an open proposal');
    const txId = { view: this.view, seqno: this.last + 1 };
    this.last += 2;
    const { publicMaps, privateMaps, claimsDigest } = proposal;
    this.log.push({ type: 'apply', txId, publicMaps, privateMaps, ...(claimsDigest && { claimsDigest }) });
    this.worker.receive({ type: 'assigned', proposal: proposal.proposal, txId });
    return txId;
  }

  refuse(retry: boolean): void {
    const proposal = this.open.shift();
    assert(proposal !== undefined, 'there is an open proposal');
    this.worker.receive({ type: 'refused', proposal: proposal.proposal, retry });
  }

  commit(seqno: Seqno = this.last): void {
    this.committed = seqno;
    this.worker.receive({ type: 'committed', seqno });
  }

  rollback(seqno: Seqno): void {
    this.last = seqno;
    while ((this.log.at(-1)?.txId.seqno ?? 0) > seqno) this.log.pop();
    this.worker.receive({ type: 'rollback', seqno });
  }

  request(request: Partial<AdapterRequest>): Promise<AdapterResponse | 'forward'> {
    const id = this.#nextId++;
    const plain = { method: 'GET', path: '/', query: '', headers: {}, body: new Uint8Array(0) };
    const answer = new Promise<AdapterResponse | 'forward'>((resolve) => this.#waiting.set(id, resolve));
    const complete: AdapterRequest = { ...plain, caller: { kind: 'anonymous' }, ...request };
    this.worker.receive({ type: 'request', id, request: complete, nowMs: 1_000 });
    return answer;
  }

  /** Adds to a counter; gives status and body of the answer, or `forward`. */
  async add(
    name: string,
    by: number,
  ): Promise<{ status: number; body: Record<string, unknown> } | 'forward'> {
    const body = utf8(JSON.stringify({ name, by }));
    return readable(await this.request({ method: 'POST', path: '/counter/add', body }));
  }

  /** The committed value of a counter. */
  async value(name: string): Promise<unknown> {
    const answer = readable(await this.request({ path: '/counter/value', query: `name=${name}` }));
    return answer === 'forward' ? answer : answer.body.value;
  }

  /** How many requests have no answer yet. */
  get unanswered(): number {
    return this.#waiting.size;
  }

  #receive(message: FromWorker): void {
    if (message.type === 'response' || message.type === 'forward') {
      const resolve = this.#waiting.get(message.id);
      assert(resolve !== undefined, 'every request is answered once');
      this.#waiting.delete(message.id);
      resolve(message.type === 'forward' ? 'forward' : message.response);
      return;
    }
    this.posted.push(message);
    if (message.type !== 'propose') return;
    this.open.push(message);
    assert(this.open.length === 1, 'one proposal at a time waits for its place');
  }
}

/** Lets everything that can go on without another message go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

function readable(
  answer: AdapterResponse | 'forward',
): { status: number; body: Record<string, unknown> } | 'forward' {
  if (answer === 'forward') return answer;
  return { status: answer.status, body: JSON.parse(fromUtf8(answer.body) ?? '') };
}
