/**
 * The contract of the ledger: from write sets to sealed, Merkle-signed entries and back (CCF's published format).
 */
import type { Certificate, PrivateKey } from '@coco/crypto';
import type { NodeId, Seqno, TxId, View } from '@coco/primitives';
import type { GrowingSecrets, Secrets } from './secrets.js';
import type { TreeNodes } from './tree-path.js';

/** The symmetric key of the entries from `fromSeqno` on, until the next secret's. 32 bytes. */
export interface LedgerSecret {
  readonly fromSeqno: Seqno;
  readonly key: Uint8Array;
}

/** Where a node is in its life. A retired node may still sign until its retirement is committed. */
export type NodeStatus = 'Pending' | 'Trusted' | 'Retired';

/** A row of `public:ccf.gov.nodes.info` that an entry sets or, without a status, removes. */
export interface NodeChange {
  readonly nodeId: NodeId;
  readonly status?: NodeStatus;
  /** The row says that the removal of this node is committed. */
  readonly retiredCommitted?: true;
}

/** What can be said of an entry without any key, from bounded parsing of its header and public domain. */
export interface EntryDescription extends TxId {
  /** Size in bytes including the 8-byte header. */
  readonly size: number;
  readonly signature: boolean;
  /** Present when the entry says something of nodes, in the order of their ids. */
  readonly nodes?: readonly NodeChange[];
  /** Present when the entry reconfigures the network: ids of the trusted nodes it leaves. */
  readonly configuration?: readonly NodeId[];
  /**
   * Present when the entry records that the removal of these nodes is committed (`retired_committed` in their rows), so
   * that nobody needs them any more.
   */
  readonly retiredCommitted?: readonly NodeId[];
  /** Present when the entry tells a new ledger secret: its row, sealed to each node (rekey.ts). */
  readonly secretRow?: Uint8Array;
  /** The chunk file that holds this entry is complete with it: the next entry begins a new file. */
  readonly endsChunk?: true;
}

/** An entry as it goes to disk and to peers. */
export interface SealedEntry extends EntryDescription {
  readonly bytes: Uint8Array;
}

/** An entry opened: both domains as encoded map lists (see `decodeMaps`). */
export interface OpenedEntry extends EntryDescription {
  readonly publicMaps: Uint8Array;
  readonly privateMaps: Uint8Array;
  readonly claimsDigest?: Uint8Array;
  /** SHA-256 of the entry's bytes: what a receipt names of it. */
  readonly writeSetDigest: Uint8Array;
  /** Leaf of the Merkle tree for this entry. */
  readonly leaf: Uint8Array;
  /** The secret of the entries after it, when the entry tells one to this node. */
  readonly secret?: LedgerSecret;
}

/**
 * Where a ledger stands after a snapshot was taken, at a signature entry that ends a chunk: all that consensus and the
 * ledger need in order to go on after it without anything before it.
 */
export interface SnapshotBase extends TxId {
  /** Each view that the ledger has entries of, ascending, with the seqno of its first entry. */
  readonly views: readonly { readonly view: View; readonly from: Seqno }[];
  /** Ids of the trusted nodes, ascending; `seqno` is that of the base, since nothing before it counts any more. */
  readonly configuration: { readonly seqno: Seqno; readonly nodes: readonly NodeId[] };
  /** Retired nodes whose retirement is not yet recorded as committed, ascending. */
  readonly leaving: readonly NodeId[];
  /** The leaf of the entry `seqno`, and the nodes that cover all before it, as `encodeTree` writes them. */
  readonly tree: Uint8Array;
}

/**
 * Tables in the encoding of a snapshot (see snapshot-tables.ts), by the domain that they belong to. Either may be
 * empty.
 */
export interface SnapshotTables {
  readonly publicTables: Uint8Array;
  readonly privateTables: Uint8Array;
}

/** A snapshot without its receipt. */
export interface SealedSnapshot {
  /** The whole entry: what goes into the file, and what `digest` is the SHA-256 of. */
  readonly bytes: Uint8Array;
  /** 32 bytes: what the evidence transaction claims, and writes as hex into its table. */
  readonly digest: Uint8Array;
}

/** Puts a snapshot together, in steps that are short even when it is large. */
export interface SnapshotSealer {
  readonly base: SnapshotBase;
  /**
   * Takes over rows as of the base, whose memory it keeps. Tables in any order; one that goes on in a later part goes on where
   * it stopped. What the signature entry at the base wrote need not be there: it is known, and passed over. Throws
   * COCO_LEDGER_SNAPSHOT_SIZE when it becomes larger than `snapshotBytesMax`, COCO_LEDGER_SNAPSHOT_MALFORMED when these
   * are no tables, or none that a store can hold as of the base.
   */
  add(tables: SnapshotTables): void;
  /** Does a piece of the work, and gives the snapshot when all is done; call it until then. No `add` afterwards. */
  step(): SealedSnapshot | undefined;
  /** Does all that is left to do. */
  finish(): SealedSnapshot;
}

/** A snapshot that was opened. */
export interface OpenedSnapshot extends SnapshotTables {
  readonly base: SnapshotBase;
}

/** Who signs on this node. */
export interface LedgerIdentity {
  readonly nodeId: NodeId;
  readonly nodeKey: PrivateKey;
  /** Issued by the service identity; goes into each signature transaction. */
  readonly nodeCertificate: Certificate;
  readonly serviceKey: PrivateKey;
  readonly serviceCertificate: Certificate;
}

/** Offline-checkable proof that a transaction is in the ledger, CCF's JSON receipt (TX-4). */
export interface Receipt {
  readonly signature: string;
  readonly cert: string;
  readonly node_id: NodeId;
  readonly leaf?: string;
  readonly leaf_components?: {
    readonly write_set_digest: string;
    readonly commit_evidence: string;
    readonly claims_digest?: string;
  };
  readonly proof: readonly ({ readonly left: string } | { readonly right: string })[];
  readonly service_endorsements?: readonly string[];
}

/**
 * The writing and checking end of one node's ledger: Merkle tree, secrets, signing. Pure; bytes on disk are the
 * host's. Mirrors the node's log: `rollback` when consensus drops a suffix, `compact` when it commits.
 */
export interface Ledger {
  readonly last: TxId;
  /** Ids of the trusted nodes after `last`, ascending. */
  readonly configuration: readonly NodeId[];
  /**
   * Ids of the trusted nodes after the entry `seqno`, ascending: where to begin when entries are described before they
   * are added. Undefined when it is not held any more, or not there.
   */
  configurationAt(seqno: Seqno): readonly NodeId[] | undefined;
  /** Root over all entries so far: 32 bytes. */
  root(): Uint8Array;
  /** The Merkle tree as it is, to hold others against: committed up to what was compacted. */
  readonly tree: TreeNodes;
  /** Makes the next entry. */
  append(batch: {
    readonly view: View;
    readonly publicMaps: Uint8Array;
    readonly privateMaps: Uint8Array;
    readonly claimsDigest?: Uint8Array;
  }): SealedEntry;
  /**
   * Makes the next entry a signature over everything before it, of which there must be something.
   * `issuedAtSeconds` since 1970 goes into the COSE header for convenience; default 0, which says nothing. With
   * `endChunk` the chunk ends with this signature however short it is: a snapshot can be taken there.
   */
  sign(view: View, issuedAtSeconds?: number, endChunk?: boolean): SealedEntry;
  /**
   * The base of a snapshot at the signature entry `seqno`, which ended a chunk, and is still held: at the latest when
   * the commit has reached it.
   */
  base(seqno: Seqno): SnapshotBase;
  /**
   * Begins a snapshot with the base at `seqno`, which must be committed. Once only, on one node, unless what is added is
   * known to be the same each time: the IV follows from `seqno`.
   */
  snapshot(seqno: Seqno): SnapshotSealer;
  /**
   * Opens an entry without adding it: authenticates and decrypts. Throws COCO_LEDGER_ENTRY_* when it is
   * malformed, or does not authenticate. `configuration` is told as if the entry followed one that left `current`
   * trusted (default: `last`); adding it looks again. COCO_LEDGER_ENTRY_SECRET when `secrets` (default: those that are held)
   * have none for it.
   */
  open(bytes: Uint8Array, current?: readonly NodeId[], secrets?: Secrets): OpenedEntry;
  /**
   * Takes a whole entry apart for whoever has no secret: `privateMaps` is empty. That nobody changed the entry shows
   * when the next signature is added. COCO_LEDGER_ENTRY_MALFORMED, COCO_LEDGER_MAPS_MALFORMED, COCO_LEDGER_NODES_MALFORMED.
   */
  openPublic(bytes: Uint8Array): OpenedEntry;
  /** The secrets as they are after the entry `seqno`: to open others that follow it, before they are added. */
  secretsAfter(seqno: Seqno): GrowingSecrets;
  /**
   * Adds an opened entry that follows `last`. Signature entries are verified against this tree and the service
   * identity; COCO_LEDGER_SIGNATURE_* when that fails, COCO_LEDGER_ENTRY_ORDER when it does not follow, and
   * nothing is added. What the entry tells is the ledger's from then on, which wipes it when it is forgotten.
   */
  add(entry: OpenedEntry): void;
  rollback(to: Seqno): void;
  /**
   * The secrets that are held, ascending by their first entry. To be kept, and told to others, those of entries that are not committed
   * too: whom they are told may be needed for committing just these, and uses each only where its entry is.
   */
  readonly secrets: readonly LedgerSecret[];
  /** The first entry that this node cannot open, for it was not told the secret; undefined when it was told all. */
  readonly untoldFrom: Seqno | undefined;
  /** Takes over copies of secrets that somebody who was there has told. */
  addSecrets(secrets: readonly LedgerSecret[]): void;
  /**
   * Wipes the committed secrets that seal nothing from the entry `before` on (CONF-2). Their entries cannot be opened any more until
   * `addSecrets` brings them back; receipts of them can be made all the same.
   */
  forgetSecrets(before: Seqno): void;
  /** Entries up to `seqno` are committed: their positions need no longer be rolled back. */
  compact(seqno: Seqno): void;
  /**
   * Receipt for a committed entry, or undefined when no signature after it is known or it is too old to be
   * held in memory (`receiptLeavesMax`).
   */
  receipt(seqno: Seqno): Receipt | undefined;
  /** The same as a COSE receipt. Also undefined for a signature transaction, for which the format has none. */
  coseReceipt(seqno: Seqno): Uint8Array | undefined;
}
