/**
 * What a ledger keeps of each entry that it may still need, since it keeps no entries.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import { noClaims } from './entry.js';
import type { ReceiptLeaf, ReceiptSignature } from './receipt.js';
import type { SnapshotBase } from './types.js';

/** What is kept of an entry: the state that it left behind, and what its receipt repeats. */
export interface Note extends ReceiptLeaf {
  readonly view: number;
  readonly configuration: readonly NodeId[];
  /** Retired nodes whose retirement is not recorded as committed. */
  readonly leaving: readonly NodeId[];
  /** The last signature up to and including this entry; 0 when there is none. */
  readonly lastSignature: Seqno;
  /** Bytes of all entries of its chunk up to and including this entry; 0 when the chunk ends with it. */
  readonly chunkBytes: number;
  readonly signature?: KeptSignature;
}

/** What receipts and snapshots repeat of a signature transaction. */
export interface KeptSignature extends ReceiptSignature {
  readonly serviceBytes: Uint8Array;
  /** The first leaf that its tree table repeats. */
  readonly treeFrom: Seqno;
}

/** Before the first entry. */
export const beginning: Note = {
  view: 0,
  configuration: [],
  leaving: [],
  lastSignature: 0,
  chunkBytes: 0,
  writeSetDigest: noClaims,
  claimsDigest: noClaims,
};

/** That of the entry after which a snapshot was taken. */
export function noteOf({ view, seqno, configuration, leaving }: SnapshotBase): Note {
  return { ...beginning, view, configuration: configuration.nodes, leaving, lastSignature: seqno };
}
