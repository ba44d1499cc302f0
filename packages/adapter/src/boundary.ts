/**
 * The boundary between manager (replica) and worker (protocol code) (ARC-3): these messages and nothing else, in
 * one thread, in a worker thread or in another process. Structured-cloneable plain data.
 */
import type { Seqno, TxId, View } from '@coco/primitives';
import type { AdapterRequest, AdapterResponse } from './types.js';

/** How an entry differs from what executing it again gives (MIT-3). */
export interface Difference {
  /** 32 bytes each: see the worker room's `entryDigest`. They tell of private rows to whoever can guess them. */
  readonly recorded: Uint8Array;
  readonly reexecuted: Uint8Array;
  /** The first rows that differ, `differingRowsMax` at most; keys of more than `differingKeyBytesMax` bytes are cut. */
  readonly rows: readonly { readonly table: string; readonly key: Uint8Array }[];
  /** How many rows differ. */
  readonly rowCount: number;
  /** Whether what the receipt proves besides differs. */
  readonly claims: boolean;
}

/** From the manager to the worker. */
export type ToWorker =
  /** A client's (or a forwarding backup's) request; answered by `response` or `forward` with the same id. */
  | {
      readonly type: 'request';
      readonly id: number;
      readonly request: AdapterRequest;
      readonly nowMs: number;
    }
  /** Execute the genesis of every adapter and propose it under `proposal`. */
  | { readonly type: 'genesis'; readonly proposal: number; readonly genesis: unknown; readonly nowMs: number }
  /** The proposal got its place: install it as this version. */
  | { readonly type: 'assigned'; readonly proposal: number; readonly txId: TxId }
  /**
   * The proposal was not taken: undo it, and tell the senders (no longer primary), or, with `retry`, execute its
   * items again once something has moved (too much in flight).
   */
  | { readonly type: 'refused'; readonly proposal: number; readonly retry: boolean }
  /** An entry of another primary, or of the ledger on restart: the domains' bytes as `propose` has them. */
  | {
      readonly type: 'apply';
      readonly txId: TxId;
      readonly publicMaps: Uint8Array;
      readonly privateMaps: Uint8Array;
      readonly claimsDigest?: Uint8Array;
    }
  /**
   * Encode the application store as committed at `seqno`, in parts: answered by the first `snapshotPart` with the same id,
   * and each `snapshotNext` by the next, so that batches go on between them. The version stays readable until the last
   * part or `snapshotEnd`.
   */
  | { readonly type: 'snapshot'; readonly id: number; readonly seqno: Seqno }
  | { readonly type: 'snapshotNext'; readonly id: number }
  | { readonly type: 'snapshotEnd'; readonly id: number }
  /**
   * Before anything else, on a node that starts from a snapshot: the tables of the store, in parts (ledger room,
   * `decodeSnapshotTables`); `last` ends them, and the store is then at version `seqno`, all of it committed.
   */
  | {
      readonly type: 'restore';
      readonly seqno: Seqno;
      readonly tables: Uint8Array;
      readonly last: boolean;
    }
  /** Versions above `seqno` are gone; their transactions are Invalid. */
  | { readonly type: 'rollback'; readonly seqno: Seqno }
  | { readonly type: 'committed'; readonly seqno: Seqno }
  /** Sent after all entries of the log were applied, when this node becomes primary; or when it ceases to be. */
  | { readonly type: 'role'; readonly primary: boolean; readonly view: View }
  /**
   * Time, and 32 bytes of entropy from which each batch to come derives its own (P4); sent regularly. Nothing is
   * executed before the first.
   */
  | { readonly type: 'clock'; readonly nowMs: number; readonly entropy: Uint8Array }
  /**
   * From now on execute so many of a million entries of other primaries again, drawn at random (MIT-3). None before the first:
   * what is replayed is not checked.
   */
  | { readonly type: 'sampling'; readonly ppm: number };

/** From the worker to the manager. */
export type FromWorker =
  | { readonly type: 'response'; readonly id: number; readonly response: AdapterResponse }
  /** Only the primary can answer: forward the same request there. */
  | { readonly type: 'forward'; readonly id: number }
  /**
   * A finished batch: its writes as encoded map lists of both domains (ledger room, `encodeMaps`), and what the
   * receipt shall prove besides. `view` is the view of the last `role` message.
   */
  | {
      readonly type: 'propose';
      readonly proposal: number;
      readonly view: View;
      readonly publicMaps: Uint8Array;
      readonly privateMaps: Uint8Array;
      readonly claimsDigest?: Uint8Array;
      /** How many client transactions are in it, for figures. */
      readonly items: number;
    }
  /**
   * A part of the application store for snapshot `id`: tables in the encoding of a snapshot's domains (ledger room,
   * `encodeSnapshotTables`), ascending by name over all parts; a table may go on in the next part.
   */
  | {
      readonly type: 'snapshotPart';
      readonly id: number;
      readonly publicTables: Uint8Array;
      readonly privateTables: Uint8Array;
      readonly last: boolean;
    }
  /** The version asked for can no longer be read. */
  | { readonly type: 'snapshotFailed'; readonly id: number; readonly reason: string }
  /** Something that a person should look at; the worker goes on. For the log, never for clients. */
  | { readonly type: 'trouble'; readonly message: string }
  /**
   * What came of an entry that was drawn to be executed again (MIT-3). `unrepeatable`: its adapter cannot; `dropped`: too much
   * waited, or the adapter failed. For the host, never for clients.
   */
  | {
      readonly type: 'reexecuted';
      readonly txId: TxId;
      readonly outcome: 'equal' | 'unrepeatable' | 'dropped';
    }
  | {
      readonly type: 'reexecuted';
      readonly txId: TxId;
      readonly outcome: 'differing';
      readonly difference: Difference;
    }
  /** A bug or exhaustion in the worker; the manager stops it and the node steps down. */
  | { readonly type: 'failed'; readonly message: string };
