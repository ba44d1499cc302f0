/**
 * Makes snapshots on the primary, in the background: a signature that ends a chunk is forced; once it is committed the
 * worker hands over its tables as of there, part by part; with the governance tables they are sealed, a slice at a time;
 * the digest is recorded in the ledger; and when that is committed, its receipt completes the file.
 *
 * One at a time. Whatever comes between (another primary, a rollback, a worker that cannot) ends it, and it begins anew:
 * with another signature, for the IV of a snapshot follows from the signature's seqno (ledger room, snapshot-seal.ts).
 */
import type { FromWorker } from '@coco/adapter';
import {
  type Ledger,
  readSnapshotTables,
  type SealedSnapshot,
  type SnapshotSealer,
  type SnapshotTables,
} from '@coco/ledger';
import { assert, CocoError, type Seqno } from '@coco/primitives';
import type { EffectsBuilder } from './effects.js';
import { workerFault } from './workerFault.js';
import { checkTable, isPlain } from './workerWrites.js';

type Part = Extract<FromWorker, { readonly type: 'snapshotPart' }>;

/** How far the snapshot is whose state is that after the entry `at`. */
type Progress =
  /** The signature at `at` waits for being committed. */
  | { readonly phase: 'signed'; readonly at: Seqno }
  /** The worker was asked for its tables; `next` when it waits for being asked for more. */
  | {
      readonly phase: 'gathering';
      readonly at: Seqno;
      readonly id: number;
      readonly sealer: SnapshotSealer;
      readonly next: boolean;
      /** How many parts it has given. */
      readonly parts: number;
    }
  | { readonly phase: 'sealing'; readonly at: Seqno; readonly sealer: SnapshotSealer }
  /** Written; the entry `evidence` waits for being committed. */
  | { readonly phase: 'recorded'; readonly at: Seqno; readonly evidence: Seqno };

/**
 * A worker that has not come to an end after so many parts never will. An honest one gives up to 4096 rows or 256 KiB with
 * each, and passes over rows that are newer: these are some hundred millions.
 */
const partsMax = 100_000;

/** A snapshot that is put together and written; its digest must now be recorded. */
export interface FinishedSnapshot {
  readonly seqno: Seqno;
  readonly digest: Uint8Array;
}

export class Snapshotting {
  readonly #entries: number;
  #began: Seqno;
  #trouble: string | undefined;
  readonly #ledger: Ledger;
  #progress: Progress | undefined;
  #requested = false;
  #nextId = 1;
  /** Where the last attempt was made: there is no second. */
  #gatheredAt: Seqno = 0;

  /** A snapshot is due after so many `entries`, 0 for never, since the last or since where this node `began`. */
  constructor(entries: number, began: Seqno, ledger: Ledger) {
    this.#entries = entries;
    this.#began = began;
    this.#ledger = ledger;
  }

  /** Makes a snapshot as soon as can be. */
  request(): void {
    this.#requested = true;
  }

  /** Whether one must be begun, when `commit` is committed and the last recorded one was taken at `last`. */
  isDue(commit: Seqno, last: Seqno): boolean {
    if (this.#progress !== undefined) return false;
    return this.#requested || (this.#entries > 0 && commit - Math.max(last, this.#began) >= this.#entries);
  }

  /** The signature `at`, which ends a chunk, was appended for it. */
  begin(at: Seqno): void {
    assert(this.#progress === undefined, 'snapshots are made one at a time');
    this.#requested = false;
    this.#progress = { phase: 'signed', at };
  }

  /** The seqno whose governance tables are needed now that everything up to `commit` is committed. */
  reached(commit: Seqno): Seqno | undefined {
    const progress = this.#progress;
    return progress?.phase === 'signed' && progress.at <= commit ? progress.at : undefined;
  }

  /** Gathers the tables as of `at`, which is committed now: those of governance are there, the worker is asked. */
  gather(at: Seqno, governance: SnapshotTables, effects: EffectsBuilder): void {
    assert(at > this.#gatheredAt, 'a signature is made for each attempt: no IV is used twice');
    this.#gatheredAt = at;
    this.#ledger.compact(at);
    const sealer = this.#ledger.snapshot(at);
    sealer.add(governance);
    const id = this.#nextId++;
    this.#progress = { phase: 'gathering', at, id, sealer, next: false, parts: 0 };
    effects.apply.push({ type: 'snapshot', id, seqno: at });
  }

  /** A part of the worker's tables. COCO_REPLICA_WORKER when nobody asked for it, or it is none. */
  part(part: Part, effects: EffectsBuilder): void {
    const { id, last } = part;
    const progress = this.#progress;
    if (progress?.phase !== 'gathering' || progress.id !== id) return;
    if (progress.next) throw workerFault('it gave a part of a snapshot for which nobody had asked');
    const { at, sealer } = progress;
    const parts = progress.parts + 1;
    const why = parts > partsMax ? `the worker gave more than ${partsMax} parts` : addPart(sealer, part);
    if (why !== undefined) {
      if (!last) effects.now.push({ type: 'snapshotEnd', id });
      this.failed(id, why);
      return;
    }
    this.#progress = last ? { phase: 'sealing', at, sealer } : { ...progress, parts, next: true };
  }

  /** The snapshot for which the worker was asked under `id` cannot be made; the next is due as if it had been. */
  failed(id: number, reason: string): void {
    const progress = this.#progress;
    if (progress?.phase !== 'gathering' || progress.id !== id) return;
    this.#trouble = reason;
    this.#began = progress.at;
    this.#progress = undefined;
  }

  /** Why the last attempt came to nothing; undefined when it did not. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Time passes: one more part, or one more slice, and heartbeats go on. */
  elapsed(effects: EffectsBuilder): FinishedSnapshot | undefined {
    const progress = this.#progress;
    if (progress?.phase === 'gathering' && progress.next) {
      effects.now.push({ type: 'snapshotNext', id: progress.id });
      this.#progress = { ...progress, next: false };
    }
    if (progress?.phase !== 'sealing') return undefined;
    const sealed = progress.sealer.step();
    return sealed === undefined ? undefined : this.#write(progress.at, sealed, effects);
  }

  #write(seqno: Seqno, { bytes, digest }: SealedSnapshot, effects: EffectsBuilder): FinishedSnapshot {
    effects.snapshots.push({ type: 'write', seqno, bytes });
    this.#trouble = undefined;
    return { seqno, digest };
  }

  /** The digest of the snapshot `at` is in the entry `evidence`. */
  recorded(at: Seqno, evidence: Seqno): void {
    this.#progress = { phase: 'recorded', at, evidence };
  }

  /** Everything up to `commit` is committed: the evidence may be among it, and a signature after it. */
  committed(commit: Seqno, effects: EffectsBuilder): void {
    const progress = this.#progress;
    if (progress?.phase !== 'recorded' || progress.evidence > commit) return;
    const { at: seqno, evidence: evidenceSeqno } = progress;
    const receipt = this.#ledger.receipt(evidenceSeqno);
    // A node that was away for long may hear of the commit when it no longer holds what proves it.
    if (receipt === undefined) effects.snapshots.push({ type: 'discard', seqno });
    else effects.snapshots.push({ type: 'commit', seqno, evidenceSeqno, receipt });
    this.#progress = undefined;
  }

  rollback(to: Seqno, effects: EffectsBuilder): void {
    const progress = this.#progress;
    if (progress === undefined) return;
    if (progress.phase === 'signed' && progress.at > to) this.#progress = undefined;
    if (progress.phase === 'recorded' && progress.evidence > to) {
      effects.snapshots.push({ type: 'discard', seqno: progress.at });
      this.#progress = undefined;
    }
  }

  /** This node is no longer primary: gives up what it cannot finish. What is recorded can still be committed. */
  stop(effects: EffectsBuilder): void {
    const progress = this.#progress;
    this.#requested = false;
    if (progress?.phase === 'recorded') return;
    if (progress?.phase === 'gathering') effects.apply.push({ type: 'snapshotEnd', id: progress.id });
    this.#progress = undefined;
  }
}

/** Gives why the snapshot cannot be made, if it is no fault of the worker. COCO_REPLICA_WORKER when it is. */
function addPart(sealer: SnapshotSealer, { publicTables, privateTables }: Part): string | undefined {
  if (!isPlain(publicTables) || !isPlain(privateTables))
    throw workerFault('its part of a snapshot is no bytes of its own');
  try {
    for (const { table } of readSnapshotTables(publicTables)) checkTable(table, true);
    for (const { table } of readSnapshotTables(privateTables)) checkTable(table, false);
    sealer.add({ publicTables, privateTables });
    return undefined;
  } catch (error) {
    if (!(error instanceof CocoError) || error.code === 'COCO_REPLICA_WORKER') throw error;
    if (error.code === 'COCO_LEDGER_SNAPSHOT_SIZE') return error.message;
    throw workerFault(`its part of a snapshot is malformed: ${error.message}`);
  }
}
