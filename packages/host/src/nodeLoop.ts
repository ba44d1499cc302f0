/**
 * Drives the replica: every event becomes a step, and every step's effects are carried out in the order of the
 * contract: now | persist, then send, then apply, then reply.
 *
 * Steps that come while the disk is busy gather, and one fdatasync makes all of them durable (group commit). Nothing
 * of a step is sent, applied or answered before that.
 */
import type { AdapterResponse, ToWorker } from '@coco/adapter';
import type { HardState, TurnedBack } from '@coco/consensus';
import type { Reader } from '@coco/kv';
import type { LedgerSecret, SealedEntry } from '@coco/ledger';
import { concatBytes, type NodeId, type Seqno, type TxId } from '@coco/primitives';
import type { PeerFrame, Replica, ReplicaEffects, ReplicaEvent } from '@coco/replica';

/** The disk as the loop needs it. A failure of any of these ends the node: after it nothing is known to be durable. */
export interface LoopDisk {
  /** Notes a change; it is readable at once and durable after the next `sync`. */
  note(change: DiskChange): void;
  /** Makes everything noted so far durable, with one synchronisation. */
  sync(): Promise<void>;
  /** Bytes of the entries `from`..`to` of the log as noted. */
  read(from: Seqno, to: Seqno): readonly Uint8Array[];
  /** Everything up to `seqno` is committed; need not be durable. */
  committed(seqno: Seqno): void;
}

/** One step's demand on the disk. */
export interface DiskChange {
  readonly rollbackTo?: Seqno;
  readonly hardState?: HardState;
  readonly entries: readonly SealedEntry[];
}

/** Where effects go. */
export interface LoopOutlets {
  readonly disk: LoopDisk;
  /** Best effort: a frame that cannot be sent is lost. */
  send(to: NodeId, frame: Uint8Array): void;
  toWorker(message: ToWorker): void;
  reply(token: number, response: AdapterResponse): void;
  /** Entries up to here are durable, unless they are rolled back. */
  durable(seqno: Seqno): void;
  committed(seqno: Seqno, items: number): void;
  /** What is to be kept of them must be durable before anything else of the step is carried out. */
  secrets(secrets: readonly LedgerSecret[]): void;
  /** Governance tables were committed; called within the step, as long as they can be read. */
  governed(tables: Reader): void;
  network(network: NonNullable<ReplicaEffects['network']>): void;
  snapshots(effects: ReplicaEffects['snapshots']): void;
  /** The disks of these nodes, perhaps this one's, were turned back while they were down. */
  turnedBack(found: readonly TurnedBack[]): void;
  /** Something after which the node must not go on: a failing disk, a broken invariant, an unsound ledger. */
  fatal(error: unknown): void;
}

export interface NodeLoop {
  /** Takes one step. Throws what the replica throws: only for frames can that be survived. */
  step(event: ReplicaEvent): void;
  /** Settles when everything stepped so far is durable and carried out. */
  drained(): Promise<void>;
  stop(): void;
}

/** A step whose effects are not carried out yet; frames are complete as of that step. */
interface Waiting {
  readonly effects: ReplicaEffects;
  readonly frames: readonly Uint8Array[];
}

export function createNodeLoop(replica: Replica, outlets: LoopOutlets): NodeLoop {
  return new Loop(replica, outlets);
}

class Loop implements NodeLoop {
  readonly #replica: Replica;
  readonly #outlets: LoopOutlets;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(replica: Replica, outlets: LoopOutlets) {
    this.#replica = replica;
    this.#outlets = outlets;
  }

  step(event: ReplicaEvent): void {
    if (this.#stopped) return;
    const effects = this.#replica.step(event);
    if (effects.ledgerSecrets !== undefined) this.#outlets.secrets(effects.ledgerSecrets);
    for (const message of effects.now) this.#outlets.toWorker(message);
    if (effects.persist !== undefined) this.#outlets.disk.note(effects.persist);
    if (effects.turnedBack !== undefined) this.#outlets.turnedBack(effects.turnedBack);
    if (effects.governance !== undefined) this.#outlets.governed(effects.governance);
    // The log as it is at this step is what a message speaks of; a later step may roll it back.
    const waiting = { effects, frames: effects.send.map((frame) => this.#attach(frame)) };
    if (this.#running === undefined && effects.persist === undefined) {
      this.#finish(waiting);
    } else {
      this.#waiting.push(waiting);
      this.#running ??= this.#run();
    }
  }

  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#stopped) {
        const batch = this.#waiting;
        this.#waiting = [];
        await this.#persist(batch);
        for (const waiting of batch) this.#finish(waiting);
      }
    } catch (error) {
      this.stop();
      this.#outlets.fatal(error);
    } finally {
      this.#running = undefined;
    }
  }

  /** One synchronisation for the whole batch, then the replica hears how far its log is durable. */
  async #persist(batch: readonly Waiting[]): Promise<void> {
    if (batch.every(({ effects }) => effects.persist === undefined)) return;
    await this.#outlets.disk.sync();
    const upTo = lastEntry(batch);
    if (upTo === undefined) return;
    this.#outlets.durable(upTo.seqno);
    this.step({ type: 'persisted', upTo });
  }

  #finish({ effects, frames }: Waiting): void {
    for (const [index, { to }] of effects.send.entries()) this.#outlets.send(to, frames[index] as Uint8Array);
    for (const message of effects.apply) this.#outlets.toWorker(message);
    for (const { token, response } of effects.replies) this.#outlets.reply(token, response);
    if (effects.committed !== undefined) {
      this.#outlets.disk.committed(effects.committed.seqno);
      this.#outlets.committed(effects.committed.seqno, effects.committed.items);
    }
    // After the answers: whoever took part in its own removal hears of it.
    if (effects.network !== undefined) this.#outlets.network(effects.network);
    if (effects.snapshots.length > 0) this.#outlets.snapshots(effects.snapshots);
  }

  #attach({ header, entries }: PeerFrame): Uint8Array {
    if (entries === undefined) return header;
    return concatBytes(header, ...this.#outlets.disk.read(entries.from, entries.to));
  }
}

function lastEntry(batch: readonly Waiting[]): TxId | undefined {
  for (let i = batch.length - 1; i >= 0; i--) {
    const last = batch[i]?.effects.persist?.entries.at(-1);
    if (last !== undefined) return { view: last.view, seqno: last.seqno };
  }
  return undefined;
}
