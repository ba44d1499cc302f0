/**
 * The contract of the replica, the manager of a node (ARC-3): one pure, synchronous machine. Events in, effects
 * out; the host carries effects out, and the simulator drives the same object from a seed.
 */
import type { AdapterRequest, AdapterResponse, FromWorker, ToWorker } from '@coco/adapter';
import type { ConsensusSettings, ConsensusStatus, EntryInfo, HardState } from '@coco/consensus';
import type { Ledger, Receipt, SealedEntry } from '@coco/ledger';
import type { NodeId, Random, Seqno, TxId, TxStatus } from '@coco/primitives';

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
  | { readonly type: 'worker'; readonly message: FromWorker }
  /** Everything that earlier effects asked to persist, up to and including `upTo`, is durable. */
  | { readonly type: 'persisted'; readonly upTo: TxId }
  | { readonly type: 'transferLeadership'; readonly to?: NodeId };

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
}

/** Limits and times of the manager. */
export interface ReplicaSettings {
  readonly consensus: ConsensusSettings;
  /** Entries appended and not yet committed, beyond which proposals are put off. */
  readonly uncommittedEntriesMax: number;
  /** Client requests in progress on this node, beyond which COCO_REPLICA_BUSY is answered. */
  readonly requestsMax: number;
  /** How long a forwarded request may take before COCO_REPLICA_NO_PRIMARY is answered. */
  readonly forwardTimeoutMs: number;
}

/** One node of the network as the genesis constitution names it. */
export interface GenesisNode {
  readonly nodeId: NodeId;
  readonly certificatePem: string;
  readonly peerAddress: string;
  readonly applicationAddress: string;
}

/** The genesis constitution (GOV-2) and what the adapters begin with. */
export interface Genesis {
  readonly serviceCertificatePem: string;
  readonly constitution: string;
  /** Members and participants by certificate. */
  readonly members: readonly { readonly certificatePem: string; readonly name: string }[];
  readonly participants: readonly { readonly certificatePem: string; readonly name: string }[];
  readonly nodes: readonly GenesisNode[];
  /** Each adapter's own part, by adapter name; parsed by the adapter. */
  readonly adapters: unknown;
}

/** How a node begins. */
export interface ReplicaStart {
  readonly nodeId: NodeId;
  readonly settings: ReplicaSettings;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly genesis: Genesis;
  readonly hardState?: HardState;
  /** Every entry on disk, as `createRecovery` loaded it into `ledger`; ends at a signature. Default none. */
  readonly entries?: readonly EntryInfo[];
  /** Known committed when the node stopped. Default 0: the next primary's signature tells. */
  readonly commit?: Seqno;
  readonly startAsLeader?: boolean;
  readonly trace?: (line: Readonly<Record<string, unknown>>) => void;
}

/** A readable picture of the node. */
export interface ReplicaStatus {
  readonly consensus: ConsensusStatus;
  readonly committed: TxId;
  readonly requests: number;
}

/** The manager. */
export interface Replica {
  step(event: ReplicaEvent): ReplicaEffects;
  status(): ReplicaStatus;
  txStatus(id: TxId): TxStatus;
  /** Receipt of a committed entry, while this node still holds its part of the tree. */
  receipt(seqno: Seqno): Receipt | undefined;
  readonly isPrimary: boolean;
  readonly commit: Seqno;
}
