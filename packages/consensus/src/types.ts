/**
 * The contract of consensus (ARC-6): events in, effects out, no clock, randomness, socket or disk of its own.
 *
 * Consensus knows entries only by their description. The bytes of an entry live with whoever drives the machine:
 * it stores them, attaches them to outgoing append messages, and describes those that come in.
 */
import type { NodeId, Random, Seqno, TxId, View } from '@coco/primitives';

/** What consensus needs to know of an entry. */
export interface EntryInfo extends TxId {
  /** True for a signature transaction: the only kind of entry at which commit can land. */
  readonly signature: boolean;
  /** Present on a reconfiguration: the nodes of the configuration that takes effect when this is appended. */
  readonly configuration?: readonly NodeId[];
  /**
   * Present on an entry that records that the removal of these nodes is committed. When it commits itself, nobody
   * needs them any more: they fall silent and are forgotten (the last of the phases of retirement), until a later
   * configuration has them again. A primary makes it of nodes of which `Consensus.mayRecord` says so.
   */
  readonly retiredCommitted?: readonly NodeId[];
}

/**
 * Where the log of a node begins that starts from a snapshot: after a committed signature, of which it knows all that
 * the entries up to there would have told (the ledger's `SnapshotBase` is one).
 */
export interface LogBase extends TxId {
  /** Every view of the ledger up to here, ascending from the one of seqno 1, with the seqno of its first entry. */
  readonly views: readonly { readonly view: View; readonly from: Seqno }[];
  /** The configuration in force, with the seqno of its entry; 0 for the configuration before the first entry. */
  readonly configuration: Configuration;
  /** Nodes that it, or one before it, left out and whose retirement is not recorded as committed up to here. */
  readonly leaving: readonly NodeId[];
}

/** A set of nodes from a position on; several can be active, and a quorum is then needed in each. */
export interface Configuration {
  readonly seqno: Seqno;
  readonly nodes: readonly NodeId[];
}

export type LeadershipState = 'None' | 'Follower' | 'PreVoteCandidate' | 'Candidate' | 'Leader';
export type MembershipState = 'Active' | 'Retired';
export type RetirementPhase = 'Ordered' | 'Signed' | 'Completed' | 'RetiredCommitted';

/** What must survive a crash besides the entries. Must be on disk before any message that follows from it leaves. */
export interface HardState {
  readonly view: View;
  /** Who got this node's vote in `view`. */
  readonly votedFor?: NodeId;
  /**
   * The commit when it last ended a configuration, that is, made one count no more. Elsewhere in Raft a commit may be
   * forgotten, for a quorum tells it again; here it says of whom a quorum is needed, and whoever forgets that may wait for
   * nodes that others have cut off or switched off.
   */
  readonly commit?: Seqno;
}

/**
 * What a node in doubt says with its answers. Its disk may have been turned back while it was down, so what it promised
 * before may be forgotten: until it is cleared (`rules.ts`, `carries`) its answers hardly count.
 */
export interface Doubt {
  /** The view that its disk showed when it started. */
  readonly view: View;
  /** The last signature that its disk showed when it started; 0.0 for none. */
  readonly signed: TxId;
}

/** What a node remembers that another told it. */
export interface Memory {
  /** The latest view that it spoke in. */
  readonly view: View;
  /** The last signature that it acknowledged, and the view in which it did; 0.0 when it is not known to have. */
  readonly signed: TxId;
  readonly signedInView: View;
}

/** A node started with less on its disk than it had told others before: its disk was turned back, or lost writes. */
export interface TurnedBack {
  readonly node: NodeId;
  readonly shown: Doubt;
  readonly remembered: Memory;
}

/** What a primary says to a node in doubt. */
export interface Clearance {
  /** The life of that node which is meant. */
  readonly life: number;
  /** The node is in doubt no more once it holds the sender's log up to here. Absent while that is not decided yet. */
  readonly fence?: Seqno;
  /** Present when the sender remembers more than the node's disk showed. */
  readonly remembered?: Memory;
}

/**
 * Messages between nodes. `appendEntries` names a range (`previous.seqno`, `to`] whose entries all belong to
 * `entriesView`; the driver attaches the bytes. An empty range is a heartbeat.
 */
export type Message = MessageBody & {
  /**
   * Drawn at the start of its sender: tells that life of it from earlier ones, from 1 to 2^32 - 1. Absent on nodes that
   * never start in doubt.
   */
  readonly life?: number;
};

type MessageBody =
  | {
      readonly type: 'appendEntries';
      readonly view: View;
      readonly previous: TxId;
      readonly to: Seqno;
      readonly entriesView: View;
      readonly commit: Seqno;
      /** Only to a node in doubt. */
      readonly clearance?: Clearance;
      /** Only on received messages: a description of each entry in the range, made from its bytes. */
      readonly entries?: readonly EntryInfo[];
    }
  | {
      readonly type: 'appendEntriesResponse';
      readonly view: View;
      readonly success: boolean;
      /**
       * Success: the last seqno now equal to the sender's. Failure: the highest seqno that may agree, with
       * `lastView` the view of that entry at the responder (fast back-off, one round trip per view).
       */
      readonly last: Seqno;
      readonly lastView: View;
      readonly doubt?: Doubt;
    }
  | VoteRequest<'requestPreVote'>
  | VoteResponse<'requestPreVoteResponse'>
  | VoteRequest<'requestVote'>
  | VoteResponse<'requestVoteResponse'>
  | { readonly type: 'proposeRequestVote'; readonly view: View };

interface VoteRequest<Type> {
  readonly type: Type;
  readonly view: View;
  readonly lastCommittable: TxId;
}

interface VoteResponse<Type> {
  readonly type: Type;
  readonly view: View;
  readonly granted: boolean;
  /** The life of the node that asked: what was granted to an earlier one was granted to another log. */
  readonly askedBy?: number;
  readonly doubt?: Doubt;
}

/** What can happen to a node. */
export type ConsensusEvent =
  /** Time passed, by a monotonic clock. */
  | { readonly type: 'elapsed'; readonly ms: number }
  | { readonly type: 'receive'; readonly from: NodeId; readonly message: Message }
  /** The primary appends entries it made: consecutive after its last, in its view. */
  | { readonly type: 'append'; readonly entries: readonly EntryInfo[] }
  /** Everything up to and including `upTo` (an entry still in the log) is durable on this node's disk. */
  | { readonly type: 'persisted'; readonly upTo: TxId }
  /** Hand leadership to `to`, or to the best-matched peer. */
  | { readonly type: 'transferLeadership'; readonly to?: NodeId };

/** A message to send once everything in `persist` of this and all earlier `Ready`s is durable. */
export interface Outgoing {
  readonly to: NodeId;
  readonly message: Message;
}

/**
 * The effects of one step, to be carried out in this order: persist (roll back, hard state, entries), then send,
 * then apply (commit), then tell. Fields are absent when there is nothing to do.
 */
export interface Ready {
  /** Entries above this seqno are gone from the log and must be removed from disk and stores. */
  readonly rollbackTo?: Seqno;
  readonly hardState?: HardState;
  /** Entries newly accepted from the primary (backups) or appended (primary), ascending. */
  readonly append?: readonly EntryInfo[];
  readonly send: readonly Outgoing[];
  /** Commit advanced to here; always a signature. */
  readonly commit?: Seqno;
  /** Leadership changed. A new primary must append a signature as its first entry in `view`. */
  readonly role?: { readonly state: LeadershipState; readonly view: View; readonly primary?: NodeId };
  /** A primary is to append a signature soon, even if there is nothing to sign: a node in doubt waits for it. */
  readonly sign?: true;
  /** Nodes, perhaps this one, whose disks were found turned back. Said once for each life of a node. */
  readonly turnedBack?: readonly TurnedBack[];
}

/** A readable picture of a node, for status pages, traces and tests. Plain data. */
export interface ConsensusStatus {
  readonly nodeId: NodeId;
  readonly view: View;
  readonly last: TxId;
  readonly commit: Seqno;
  /** The first entry that can be given to a peer. */
  readonly heldFrom: Seqno;
  readonly leadership: LeadershipState;
  readonly membership: MembershipState;
  readonly retirementPhase?: RetirementPhase;
  readonly primary?: NodeId;
  /**
   * How old what this node knows of the network may be, by its own clock: since it last heard a primary; on a primary, since
   * it last heard so many that they are a majority with it in each configuration. Infinite when it never did since it started.
   */
  readonly outOfTouchMs: number;
  readonly votedFor?: NodeId;
  /** Present while this node is in doubt; with what it had told others, where its disk showed less. */
  readonly doubt?: { readonly turnedBack?: Memory };
  readonly preVoteEnabled: boolean;
  /** Signatures above the commit, ascending. */
  readonly committable: readonly Seqno[];
  readonly configurations: readonly Configuration[];
  /** On a primary: what is known of each peer. */
  readonly peers: Readonly<Record<NodeId, PeerStatus>>;
}

/** What a primary knows of a peer. */
export interface PeerStatus {
  readonly sent: Seqno;
  readonly match: Seqno;
  readonly silentMs: number;
  /** Present while it is in doubt. */
  readonly inDoubt?: true;
  /**
   * Present when its log ends, or parts from this one, before the first entry that is held here. No append message can
   * mend that: it gets heartbeats only, until it has started again from a snapshot at `heldFrom` - 1 or later. In doing
   * so it must keep its hard state, and its log where that holds the entry of the snapshot.
   */
  readonly needsSnapshot?: true;
}

/** Settings; times in milliseconds. */
export interface ConsensusSettings {
  /** A backup campaigns when it heard nothing for between half of this and all of it. */
  readonly electionTimeoutMs: number;
  /** How often a primary sends at least a heartbeat. Well below half of the timeout, steps of `elapsed` included. */
  readonly heartbeatMs: number;
  /** The most entries in one append message. */
  readonly appendEntriesMax: number;
  /** The most entries in flight to a peer beyond what it has acknowledged. */
  readonly inFlightEntriesMax: number;
  readonly preVote: boolean;
  /**
   * A step of `elapsed` that is so long or longer means that this node stood still, and could hear nobody: for as long again it
   * neither campaigns nor stops leading. Undefined: every step counts.
   */
  readonly standstillMs?: number;
  /**
   * True (the default): entries and news of commit leave as soon as there are some. False: only with the next
   * heartbeat, as the scenario driver wants it.
   */
  readonly sendAtOnce?: boolean;
  /**
   * After so many milliseconds in which a majority answers, but so many nodes of it are in doubt that they can only be
   * cleared by nodes that do not answer, their disks are trusted all the same. Undefined: never.
   */
  readonly trustDiskAfterMs?: number;
}

/** How a node begins: fresh (nothing persisted) or from what its disk holds. */
export interface ConsensusStart {
  readonly nodeId: NodeId;
  readonly settings: ConsensusSettings;
  readonly random: Random;
  /**
   * The configuration before the first entry; means nothing with a `base`. An id stands for one node for ever: whoever
   * was removed may come back under it, with the hard state and the log that it had.
   */
  readonly initialNodes: readonly NodeId[];
  /**
   * Where the log begins, when not at seqno 1: this and everything before it is committed. A node that never persisted
   * a hard state begins in the view of the base, and so does one whose hard state is of an earlier view.
   */
  readonly base?: LogBase;
  /**
   * The first entry whose bytes the driver holds and can attach to an append message: 1 to `base.seqno` + 1. Default:
   * the one after the base.
   */
  readonly heldFrom?: Seqno;
  readonly hardState?: HardState;
  /** Every entry on disk after the base, or from seqno 1, ascending; ends at a signature. Default none. */
  readonly entries?: Iterable<EntryInfo>;
  /**
   * Known committed when the node stopped. Default 0. The base and the log itself may prove more; `Consensus.commit`
   * says from where the node begins.
   */
  readonly commit?: Seqno;
  /**
   * The disk may show an older state than the one that the node had when it stopped, or none where there was one. Default
   * false, which is right only where the disk cannot be turned back, or the node's identity was never used before.
   */
  readonly inDoubt?: boolean;
  /** Start as primary of view 2 at once (a new network's first node, and the scenario driver). */
  readonly startAsLeader?: boolean;
  readonly trace?: (line: Readonly<Record<string, unknown>>) => void;
}

/** A consensus protocol. `step` is the only thing that changes it. */
export interface Consensus {
  step(event: ConsensusEvent): Ready;
  status(): ConsensusStatus;
  /** Cheap accessors, for every event. */
  readonly isLeader: boolean;
  readonly view: View;
  readonly last: TxId;
  readonly commit: Seqno;
  readonly primary: NodeId | undefined;
  /**
   * Asked of a primary: whether it may append a configuration without these nodes and have all their links cut at that
   * moment. No, where those who stay could not commit that by themselves, or it is one of these nodes: then it has to hand
   * over first. With 'heard', those who stay are only those of whom it has heard within an election timeout: who is silent may
   * have stopped, and a network that waits for it would go on only with those who were left out.
   */
  mayLeaveOut(nodes: readonly NodeId[], by?: 'heard' | 'all'): boolean;
  /** Asked of a primary: whether it may append a record (`retiredCommitted`) that the removal of these nodes is committed. */
  mayRecord(nodes: readonly NodeId[]): boolean;
  /** View of the entry at `seqno` (1..last, below the base too), or 0 for 0; undefined beyond the log. */
  viewAt(seqno: Seqno): View | undefined;
  /** Status of a transaction id by the rules of TX-4. */
  txStatus(id: TxId): 'Unknown' | 'Pending' | 'Committed' | 'Invalid';
}
