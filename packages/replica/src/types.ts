/**
 * The contract of the replica, the manager of a node (ARC-3): one pure, synchronous machine. Events in, effects
 * out; the host carries effects out, and the simulator drives the same object from a seed.
 */
import type { AdapterRequest, AdapterResponse, FromWorker, ToWorker } from '@coco/adapter';
import type { ConsensusSettings, ConsensusStatus, EntryInfo, HardState, TurnedBack } from '@coco/consensus';
import type {
  Alarm,
  AuditRead,
  CertificateValidity,
  EpochPlace,
  EpochRecord,
  GenesisConstitution,
  GovernanceSettings,
  KeyContribution,
  MadeSecret,
  NetworkKey,
  NetworkView,
  NodeAttestation,
  NodeView,
  SecretRecipient,
} from '@coco/governance';
import type { Reader, Store } from '@coco/kv';
import type { Ledger, LedgerSecret, Receipt, SealedEntry, SnapshotBase } from '@coco/ledger';
import type { NodeId, Random, Seqno, TxId, TxStatus } from '@coco/primitives';
import type { Sandbox } from '@coco/sandbox';

/** What a worker says to its manager; the rest is for the host alone: what people should hear. */
export type ForManager = Exclude<FromWorker, { readonly type: 'trouble' | 'reexecuted' }>;

/** What can happen to a node. */
export type ReplicaEvent =
  /** Time passed by a monotonic clock; `nowMs` is the wall clock, for convenience only, never for safety. */
  | { readonly type: 'elapsed'; readonly ms: number; readonly nowMs: number }
  /** A frame from an authenticated peer, as `encodeFrame` and the host's attachment made it. */
  | { readonly type: 'frame'; readonly from: NodeId; readonly bytes: Uint8Array }
  /** A client's request; answered once by a reply with the same token. */
  | {
      readonly type: 'request';
      readonly token: number;
      readonly request: AdapterRequest;
      readonly nowMs: number;
    }
  | { readonly type: 'worker'; readonly message: ForManager }
  /** Everything that earlier effects asked to persist, up to and including `upTo`, is durable. */
  | { readonly type: 'persisted'; readonly upTo: TxId }
  | { readonly type: 'transferLeadership'; readonly to?: NodeId }
  /**
   * A node on the VN list has caught up with a snapshot and asks to take part: answered by a reply with the token, once
   * its being Trusted is committed. `certificatePem` was issued to it by the service; its attestation is decided here, by
   * the manifests as they are in the log, and refused with COCO_ATTESTATION_* (403).
   */
  | {
      readonly type: 'admit';
      readonly token: number;
      readonly nodeId: NodeId;
      readonly certificatePem: string;
      readonly attestation: NodeAttestation;
      /**
       * The last entry that the node holds, if it says so: refused (StartupSeqnoIsOld) when the primary no longer holds
       * the next one, since the node could never catch up, and would only count against the quorum.
       */
      readonly last?: Seqno;
    }
  /**
   * A node renews its lease, gets its first one, or comes back from quarantine (MIT-2). Answered as `admit` is, with
   * {node_id, lease}; refused with COCO_ATTESTATION_* or COCO_LEASE_* (403). `last` as there, for one that comes back.
   */
  | {
      readonly type: 'renewLease';
      readonly token: number;
      readonly nodeId: NodeId;
      readonly attestation: NodeAttestation;
      readonly last?: Seqno;
    }
  /**
   * A node whose removal is committed has been shut down: its rows go, and only its id is remembered. Answered as `admit` is,
   * once that is committed.
   */
  | { readonly type: 'forgetNode'; readonly token: number; readonly nodeId: NodeId }
  /**
   * A node that takes part says that a transaction does not come out as it was recorded (MIT-3). Answered as `admit` is; refused
   * with COCO_ALARM_UNKNOWN, COCO_ALARM_EVIDENCE (403) or COCO_ALARM_LIMIT (429).
   */
  | { readonly type: 'raiseAlarm'; readonly token: number; readonly nodeId: NodeId; readonly alarm: Alarm }
  /**
   * A node that takes part is about to answer an auditor. Answered as `admit` is, with {read}; refused with COCO_AUDIT_* (403, 429).
   */
  | { readonly type: 'recordRead'; readonly token: number; readonly nodeId: NodeId; readonly read: AuditRead }
  /** The network has told this node secrets of the ledger that it had missed: settled ones, which hold whatever comes. */
  | { readonly type: 'secrets'; readonly secrets: readonly LedgerSecret[] }
  /**
   * A node that takes part contributes to making the network's key (CONF-3). Answered as `admit` is, with {node_id}; refused with
   * COCO_KEY_* (403).
   */
  | {
      readonly type: 'contributeKey';
      readonly token: number;
      readonly nodeId: NodeId;
      readonly contribution: KeyContribution;
    }
  /** Make a snapshot as soon as can be (primary only; nothing happens elsewhere). */
  | { readonly type: 'makeSnapshot' };

/** A frame for a peer: `header`, then the bytes of the entries `from`..`to` if any, read from this node's log. */
export interface PeerFrame {
  readonly to: NodeId;
  readonly header: Uint8Array;
  readonly entries?: { readonly from: Seqno; readonly to: Seqno };
}

/**
 * The effects of one step. `now` is carried out at once; the rest strictly in this order: persist, then send, then
 * apply, then reply, and all of one step before those of the next. Persisting means durable: the host may merge
 * the persisting of several steps into one fdatasync.
 */
export interface ReplicaEffects {
  readonly now: readonly ToWorker[];
  readonly persist?: {
    readonly rollbackTo?: Seqno;
    readonly hardState?: HardState;
    readonly entries: readonly SealedEntry[];
  };
  readonly send: readonly PeerFrame[];
  readonly apply: readonly ToWorker[];
  /** Commit advanced to here, carrying this many client transactions that this node executed. */
  readonly committed?: { readonly seqno: Seqno; readonly items: number };
  readonly replies: readonly { readonly token: number; readonly response: AdapterResponse }[];
  /**
   * Who takes part has changed. `head` follows the log (whom to connect to: every node that is not retired and
   * committed), `committed` what has been decided (whom to let in, GOV-7).
   */
  readonly network?: { readonly head: NetworkView; readonly committed: NetworkView };
  /**
   * Commit took in entries that wrote governance tables: all of those tables as committed now, readable until the next
   * step. For those who watch proposals (GOV-6).
   */
  readonly governance?: Reader;
  /**
   * The secrets of the ledger that this node knows are others than before: all of them, also those whose entries are not committed
   * yet. What nobody could bring back is to be kept, durably, before anything else of this step is carried out: what the step
   * acknowledges must be readable after a crash.
   */
  readonly ledgerSecrets?: readonly LedgerSecret[];
  /** For the snapshot files: write these bytes aside; or give the file its receipt and its final name. */
  readonly snapshots: readonly SnapshotEffect[];
  /** Nodes, perhaps this one, whose disks were turned back while they were down. Said once for each start of such a node. */
  readonly turnedBack?: readonly TurnedBack[];
}

export type SnapshotEffect =
  | { readonly type: 'write'; readonly seqno: Seqno; readonly bytes: Uint8Array }
  | {
      readonly type: 'commit';
      readonly seqno: Seqno;
      readonly evidenceSeqno: Seqno;
      readonly receipt: Receipt;
    }
  /** Given up (no longer primary, or rolled back): forget the file. */
  | { readonly type: 'discard'; readonly seqno: Seqno };

/** Limits and times of the manager. */
export interface ReplicaSettings {
  readonly consensus: ConsensusSettings;
  /** Entries appended and not yet committed, beyond which proposals are put off. */
  readonly uncommittedEntriesMax: number;
  /** Client requests in progress on this node, beyond which COCO_REPLICA_BUSY is answered. */
  readonly requestsMax: number;
  /** How long a forwarded request may take before COCO_REPLICA_NO_PRIMARY is answered. */
  readonly forwardTimeoutMs: number;
  readonly governance: GovernanceSettings;
  /** The primary makes a snapshot when so many entries were committed since the last. 0: only when asked to. */
  readonly snapshotEntries: number;
}

/** The genesis constitution (GOV-2) and what the adapters begin with. */
export interface Genesis extends GenesisConstitution {
  /** Each adapter's own part, by adapter name; parsed by the adapter. */
  readonly adapters: unknown;
}

/** How a node begins. */
export interface ReplicaStart {
  readonly nodeId: NodeId;
  readonly settings: ReplicaSettings;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Runs the scripts of the constitution. */
  readonly sandbox: Sandbox;
  /** Only on a node of a network's genesis. */
  readonly genesis?: Genesis;
  /** The governance tables as `createRecovery` loaded them; default empty. */
  readonly governanceStore?: Store;
  /** What the node starts from, when that is not the beginning of the ledger. `entries` then follow it. */
  readonly snapshot?: SnapshotBase;
  /** The first entry on disk, which can be given to peers: 1 to that after the snapshot. Default: the one after it. */
  readonly heldFrom?: Seqno;
  readonly hardState?: HardState;
  /** Every entry on disk, as `createRecovery` loaded it into `ledger`; ends at a signature. Default none. */
  readonly entries?: readonly EntryInfo[];
  /** Known committed when the node stopped. Default 0: the next primary's signature tells. */
  readonly commit?: Seqno;
  readonly startAsLeader?: boolean;
  /** The disk may have been turned back while the node was down: right for every disk that others control. Default false. */
  readonly inDoubt?: boolean;
  /**
   * Issues a certificate of the service for a node that takes part. Throws a CocoError that says why it cannot: the
   * decision that asked for it is then refused. Without it, certificates cannot be renewed through this node.
   */
  readonly endorseNode?: EndorseNode;
  /** Without it, this node never changes the secret of the ledger (MIT-4), and does not go on with making the network's key. */
  readonly custody?: Custody;
  readonly trace?: (line: Readonly<Record<string, unknown>>) => void;
}

/** The certificate, in PEM. */
export type EndorseNode = (node: NodeView, validity: CertificateValidity) => string;

/** What only the host can do about keys: it has the entropy. Throws a CocoError that says why something cannot be made. */
export interface Custody {
  /**
   * Makes a new secret of the ledger (32 random bytes), forgets it, and gives it as it is sealed to each of the recipients, this
   * node among them, and to the network's key if there is one. Whom it cannot be sealed to is left out. `present` is the secret of
   * the entry that tells it: whoever has that no more need not be able to open it.
   */
  makeSecret(
    input: Pick<EpochPlace, 'epoch' | 'from'> & {
      readonly recipients: readonly SecretRecipient[];
      readonly present: Uint8Array;
      readonly networkKey?: NetworkKey;
    },
  ): MadeSecret & Pick<EpochRecord, 'sealed'>;
  /** 32 bytes that nobody can guess and that never come again. */
  newId(): Uint8Array;
}

/** A readable picture of the node. */
export interface ReplicaStatus {
  readonly consensus: ConsensusStatus;
  readonly committed: TxId;
  readonly requests: number;
  /** Why the last snapshot could not be made, if it could not. */
  readonly snapshotTrouble?: string;
  /** On the primary: why nodes take part that should be quarantined, if any do. */
  readonly leaseTrouble?: string;
  /** On the primary: why the secret of the ledger does not change although a node that knew it is out. */
  readonly rekeyTrouble?: string;
  /** The first entry that this node cannot open: it was not told the secret of it. */
  readonly untoldFrom?: Seqno;
}

/** The manager. */
export interface Replica {
  step(event: ReplicaEvent): ReplicaEffects;
  status(): ReplicaStatus;
  txStatus(id: TxId): TxStatus;
  readonly isPrimary: boolean;
  readonly commit: Seqno;
}
