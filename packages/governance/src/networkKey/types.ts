/**
 * The words of the shared network key (CONF-3) and of epochs (CONF-2): what the tables say of them, and what nodes say to each
 * other to make the key. How a ceremony goes is told in advance.ts, the node's part in participant.ts.
 */
import type { Ceremony, HpkeSealInput, KeyShare, RandomBytes, ThresholdKey } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import type { NodeId, Seqno } from '@coco/primitives';

/** By actor id, ascending: the keys (hex, X25519) to which shares for that actor are sealed, ascending. */
export type Holders = Readonly<Record<string, readonly string[]>>;

/** The shared key of the network, as one version of the tables says. */
export interface NetworkKey {
  /** Counted from 1; a resharing counts too, and leaves the public key. */
  readonly generation: number;
  readonly key: ThresholdKey;
  readonly holders: Holders;
  /** Digest of the ceremony that made these shares: hex. */
  readonly ceremony: string;
  /** SHA-256 of the certificate (DER) of the service under which it was made: hex. */
  readonly network: string;
  readonly madeAtMs: number;
  /** What to finish shares with from the deals. */
  readonly ceremonyRecord: Ceremony;
  /** Numbers of the dealers whose deals it is made of, ascending. */
  readonly counted: readonly number[];
  /** Ids of the actors that have said that they keep their shares. */
  readonly confirmed: readonly string[];
}

/** What a node says to the primary, over its own connection: that it is from this node is known from there. */
export type KeyContribution = DealContribution | ReadyContribution | Complaint | Answer | Missing;

/** A deal, with the share of every recipient, sealed to each of the recipient's keys. */
export interface DealContribution {
  readonly kind: 'deal';
  /** Digest of the ceremony: hex. As in all that follow. */
  readonly ceremony: string;
  /** `encodeDeal`. */
  readonly deal: Uint8Array;
  /** By actor id and share key (hex): a signed share, sealed. */
  readonly shares: SealedShares;
}

export type SealedShares = Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>;

/**
 * The node has its actor's share of what these deals make, and keeps it. Of the present key, too, when that was made while the node
 * was away.
 */
export interface ReadyContribution {
  readonly kind: 'ready';
  readonly ceremony: string;
  /** The dealers whose deals it counted, ascending. */
  readonly counted: readonly number[];
}

/** The share that a dealer sent does not fit its deal. Without `share`: nothing came that the dealer had signed for this actor. */
export interface Complaint {
  readonly kind: 'complaint';
  readonly ceremony: string;
  readonly dealer: number;
  /** The signed share: what shows whose fault it is. */
  readonly share?: Uint8Array;
}

/** The dealer shows everybody the share of a recipient that says it got none. */
export interface Answer {
  readonly kind: 'answer';
  readonly ceremony: string;
  readonly dealer: number;
  readonly recipient: number;
  /** The signed share. */
  readonly share: Uint8Array;
}

/** The node has no share of the present key, and cannot make it from the deals: shares are to be made anew. */
export interface Missing {
  readonly kind: 'missing';
  readonly ceremony: string;
}

export type KeyOutcome =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'refused'; readonly code: string; readonly reason: string };

/** A share as it is kept across restarts. */
export interface KeptShare {
  /** Digest of the ceremony that made it: hex. */
  readonly ceremony: string;
  /** What `keepKeyShare` of crypto hands out: 32 bytes, secret. */
  readonly material: Uint8Array;
}

export interface KeyParticipantInput {
  readonly nodeId: NodeId;
  /** `signRaw` by the node's key, with the hash of its curve: SHA-256, -384 or -512. */
  readonly signNode: (bytes: Uint8Array) => Uint8Array;
  /** `hpkeSeal` of crypto: it takes entropy. */
  readonly sealShare: (input: HpkeSealInput) => Uint8Array;
  /** `hpkeOpen` with the node's share key. */
  readonly openShare: (sealed: Uint8Array, aad: Uint8Array, info: Uint8Array) => Uint8Array | undefined;
  /** The public part of that key: hex. */
  readonly shareKey: string;
  readonly random: RandomBytes;
  /** What `keep` was given last, before the node was started. */
  readonly kept: readonly KeptShare[];
  /** Keeps these and no others; durable when it returns. The arrays belong to the caller, and are wiped later. */
  readonly keep: (shares: readonly KeptShare[]) => void;
}

/** The node's own part in ceremonies. */
export interface KeyParticipant {
  /**
   * What is to be said to the primary, by tables that are committed; called after each commit that touched governance, and once
   * a second. What was said is said again after some seconds while the tables do not show it.
   * `nowMs` is this node's wall clock.
   */
  look(reader: Reader, nowMs: number): readonly KeyContribution[];
  /** This node's share of the key that was committed when it looked last; undefined when it has none. */
  readonly share: KeyShare | undefined;
  /**
   * All shares that it keeps and can use, by the tables at which it looked last: that of the present key first, then those of the
   * keys before it, while they are kept, and of what the running ceremony makes. Those that go are erased when it looks.
   */
  readonly shares: readonly HeldShare[];
}

/** A share, and the key of which it is. */
export interface HeldShare {
  readonly key: ThresholdKey;
  readonly share: KeyShare;
}

/** One epoch of the ledger's secrets (CONF-2): the row of `public:coco.ledger.epochs`. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** The first entry that is sealed under its secret. */
  readonly from: Seqno;
  readonly atMs: number;
  /** `secretDigest` of ledger: hex. */
  readonly digest: string;
  /** The network of the label: hex. */
  readonly network: string;
  /** `encodeThresholdCiphertext`: the secret, encrypted to the shared key. Absent while there was none. */
  readonly sealed?: Uint8Array;
  /** The entry that wrote `sealed`, where that is not the one that began the epoch. */
  readonly sealedAt?: Seqno;
}

/** What the settings say of secrets. */
export interface SecretsPolicy {
  /** How long an epoch lasts. 0: no epoch ends by time. */
  readonly epochSeconds: number;
  /** How long the secret of an epoch that is over is held in memory. */
  readonly holdSeconds: number;
  /** How many actors together can decrypt. Absent: a majority of them. */
  readonly keyThreshold?: number;
}
