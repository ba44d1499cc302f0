/**
 * When a worker in a process of its own may say what (ARC-3, MIT-1). The codec has seen to it that a message has the right
 * shape; here it must also answer something that the manager asked, once, and not name a transaction as its own that it never
 * made. What it writes, and the head of an answer, the manager itself checks, wherever the worker runs (replica room).
 */
import type { AdapterResponse, FromWorker, ToWorker } from '@coco/adapter';
import { CocoError, type Seqno, type TxId, type View } from '@coco/primitives';

export interface WorkerDoor {
  /** Takes note of what the worker is told. */
  told(message: ToWorker): void;
  /**
   * COCO_HOST_WORKER_PROTOCOL when the worker may not say this now. False when it is to be passed over: more troubles than
   * anybody could read.
   */
  admits(message: FromWorker): boolean;
}

/** How many transactions, of its own and of others, a worker may still name, newest last. */
const assignedMax = 65_536;
const snapshotsMax = 16;
/** A few troubles are worth reading, and then some every second. */
const troublesMax = 50;
const troublesPerSecond = 5;

export function createWorkerDoor(itemsMax: number, clockMs: () => number): WorkerDoor {
  return new Door(itemsMax, clockMs);
}

class Door implements WorkerDoor {
  readonly #itemsMax: number;
  readonly #clockMs: () => number;
  readonly #requests = new Set<number>();
  /** Parts asked for and not yet given, by snapshot. */
  readonly #parts = new Map<number, number>();
  readonly #assigned = new Map<Seqno, View>();
  /** Entries of others that may be executed again. */
  readonly #applied = new Map<Seqno, View>();
  #genesis: number | undefined;
  #lastProposal = 0;
  #outstanding: number | undefined;
  #troubles = troublesMax;
  #troubleMs: number;

  constructor(itemsMax: number, clockMs: () => number) {
    this.#itemsMax = itemsMax;
    this.#clockMs = clockMs;
    this.#troubleMs = clockMs();
  }

  told(message: ToWorker): void {
    switch (message.type) {
      case 'request':
        this.#requests.add(message.id);
        break;
      case 'genesis':
        this.#genesis = message.proposal;
        break;
      case 'assigned':
        this.#outstanding = undefined;
        remember(this.#assigned, message.txId);
        break;
      case 'refused':
        this.#outstanding = undefined;
        break;
      case 'apply':
        remember(this.#applied, message.txId);
        break;
      case 'snapshot':
      case 'snapshotNext':
        this.#parts.set(message.id, (this.#parts.get(message.id) ?? 0) + 1);
        // A snapshot that was given up may leave a part that never comes.
        forgetOldest(this.#parts, snapshotsMax);
        break;
      default:
    }
  }

  admits(message: FromWorker): boolean {
    switch (message.type) {
      case 'response':
        this.#answer(message.id);
        this.#checkResponse(message.response);
        return true;
      case 'forward':
        this.#answer(message.id);
        return true;
      case 'propose':
        this.#propose(message);
        return true;
      case 'snapshotPart':
        this.#part(message.id, message.last);
        return true;
      case 'snapshotFailed':
        this.#part(message.id, true);
        return true;
      case 'trouble':
        return this.#mayTell();
      case 'reexecuted':
        this.#reexecuted(message.txId);
        return true;
      default:
        return true;
    }
  }

  #answer(id: number): void {
    if (!this.#requests.delete(id)) throw refused('it answered what it was not asked');
  }

  #checkResponse({ txId }: AdapterResponse): void {
    if (txId !== undefined && this.#assigned.get(txId.seqno) !== txId.view)
      throw refused('it named a transaction as its own that it did not make');
  }

  #propose({ proposal, items }: Extract<FromWorker, { readonly type: 'propose' }>): void {
    if (this.#outstanding !== undefined) throw refused('it proposed while another proposal waited');
    if (proposal === this.#genesis) {
      if (items !== 0) throw refused('it counted transactions in the genesis');
      this.#genesis = undefined;
    } else {
      if (proposal <= this.#lastProposal) throw refused('it proposed under a number that it had used');
      if (items < 1 || items > this.#itemsMax) throw refused('it counted more transactions than a batch has');
      this.#lastProposal = proposal;
    }
    this.#outstanding = proposal;
  }

  #reexecuted({ view, seqno }: TxId): void {
    if (this.#applied.get(seqno) !== view)
      throw refused('it spoke of executing again what it was not given, or twice');
    this.#applied.delete(seqno);
  }

  #part(id: number, last: boolean): void {
    const asked = this.#parts.get(id) ?? 0;
    if (asked === 0) throw refused('it gave a part of a snapshot for which nobody had asked');
    if (last || asked === 1) this.#parts.delete(id);
    else this.#parts.set(id, asked - 1);
  }

  #mayTell(): boolean {
    const nowMs = this.#clockMs();
    const regained = ((nowMs - this.#troubleMs) / 1000) * troublesPerSecond;
    this.#troubles = Math.min(troublesMax, this.#troubles + regained);
    this.#troubleMs = nowMs;
    if (this.#troubles < 1) return false;
    this.#troubles--;
    return true;
  }
}

function remember(map: Map<Seqno, View>, { view, seqno }: TxId): void {
  map.set(seqno, view);
  forgetOldest(map, assignedMax);
}

function forgetOldest(map: Map<number, number>, sizeMax: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(oldest);
  }
}

function refused(what: string): CocoError {
  const sentence = `the worker broke its agreement with the manager: ${what}`;
  return new CocoError('COCO_HOST_WORKER_PROTOCOL', sentence, { what });
}
