/**
 * Sampling (MIT-3): entries of other primaries, drawn at random, are executed again over the state before them, and what comes
 * out is compared with what was recorded, byte for byte. It happens once they are committed, one at a time, beside everything
 * else; nothing ever waits for it, and what would make too much of it is dropped and told.
 *
 * The draw is by this node's own randomness: a primary cannot know which of its lies will be looked at.
 */
import type { FromWorker, Reexecuted, ToWorker } from '@coco/adapter';
import type { Store, StoreSnapshot, Transaction, WriteSet } from '@coco/kv';
import { decodeMaps, splitDomains } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import type { AnyAdapter } from './adapters.js';
import { foreignTable } from './adapters.js';
import { differenceOf, type RecordedEntry } from './difference.js';
import type { ReexecutionSettings } from './types.js';

type Entry = Extract<ToWorker, { readonly type: 'apply' }>;

export interface Reexecution {
  /** From now on so many of a million entries are drawn. */
  sample(ppm: number): void;
  /** `entry` is about to be applied to `store`. */
  meet(store: Store, entry: Entry): void;
  committed(seqno: Seqno): void;
  rollback(seqno: Seqno): void;
}

export interface ReexecutionStart {
  readonly adapters: Iterable<AnyAdapter>;
  readonly settings: ReexecutionSettings;
  /** 32 bytes that nobody else knows, or undefined as long as there are none. */
  readonly random: () => Uint8Array | undefined;
  readonly post: (message: FromWorker) => void;
  readonly trouble: (what: string, error: unknown) => void;
}

interface Drawn {
  readonly entry: Entry;
  readonly store: Store;
  /** Holds the state before the entry. */
  readonly before: StoreSnapshot;
}

const million = 1_000_000;

export function createReexecution(start: ReexecutionStart): Reexecution {
  return new Reexecutor(start);
}

class Reexecutor implements Reexecution {
  readonly #start: ReexecutionStart;
  /** Undefined until the manager has said something: what is replayed before is not checked. */
  #ppm: number | undefined;
  #waiting: Drawn[] = [];
  #isRunning = false;
  #committed: Seqno = 0;
  /** Random numbers that are left of the last bytes. */
  #draws: number[] = [];

  constructor(start: ReexecutionStart) {
    this.#start = start;
  }

  sample(ppm: number): void {
    this.#ppm = this.#start.settings.all ? million : ppm;
  }

  meet(store: Store, entry: Entry): void {
    // What a network begins with is in nobody's ledger.
    if (store.head === 0 || !this.#isDrawn()) return;
    if (this.#waiting.length >= this.#start.settings.waitingMax) this.#tell(entry, 'dropped');
    else this.#waiting.push({ entry, store, before: store.snapshot(store.head) });
  }

  #isDrawn(): boolean {
    if (this.#ppm === undefined || this.#ppm <= 0) return false;
    if (this.#ppm >= million) return true;
    if (this.#draws.length === 0) this.#draws = numbersIn(this.#start.random());
    const draw = this.#draws.pop();
    return draw !== undefined && draw < Math.floor((this.#ppm * 2 ** 32) / million);
  }

  committed(seqno: Seqno): void {
    this.#committed = seqno;
    if (!this.#isRunning && this.#waiting.length > 0) void this.#run();
  }

  rollback(seqno: Seqno): void {
    const gone = this.#waiting.filter(({ entry }) => entry.txId.seqno > seqno);
    this.#waiting = this.#waiting.filter((drawn) => !gone.includes(drawn));
    for (const { before } of gone) before.end();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // Whatever else the manager has to say in this turn comes first.
    await undefined;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || next.entry.txId.seqno > this.#committed) break;
      await this.#reexecute(next);
      this.#waiting.shift();
      next.before.end();
    }
    this.#isRunning = false;
  }

  async #reexecute({ entry, store, before }: Drawn): Promise<void> {
    try {
      const recorded = [...decodeMaps(entry.publicMaps), ...decodeMaps(entry.privateMaps)];
      const transaction = store.begin(before.seqno);
      const done = await this.#execute(transaction, recorded);
      if (done === undefined) {
        this.#tell(entry, 'unrepeatable');
        return;
      }
      const again: RecordedEntry = { ...splitDomains(transaction.writeSet()), ...done };
      const difference = differenceOf(entry, again);
      if (difference === undefined) this.#tell(entry, 'equal');
      else this.#start.post({ type: 'reexecuted', txId: entry.txId, outcome: 'differing', difference });
    } catch (error) {
      const { view, seqno } = entry.txId;
      this.#start.trouble(`transaction ${view}.${seqno} could not be executed again`, error);
      this.#tell(entry, 'dropped');
    }
  }

  /** Undefined when no adapter can. An entry that is nobody's should not be there at all: then nothing is written. */
  async #execute(transaction: Transaction, recorded: WriteSet): Promise<Reexecuted | undefined> {
    const owners = [...this.#start.adapters].filter((adapter) =>
      recorded.some((changes) => foreignTable(adapter, [changes]) === undefined),
    );
    if (owners.length === 0) return {};
    const adapter = owners.find(({ reexecute }) => reexecute !== undefined);
    return adapter?.reexecute?.(transaction, recorded);
  }

  #tell({ txId }: Entry, outcome: 'equal' | 'unrepeatable' | 'dropped'): void {
    this.#start.post({ type: 'reexecuted', txId, outcome });
  }
}

function numbersIn(bytes: Uint8Array | undefined): number[] {
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, index) => view.getUint32(4 * index));
}
