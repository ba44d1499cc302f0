/**
 * The contract of governance (GOV-*, ACT-*): the constitution as rows of a store, changed only by proposals and ballots
 * that members sign. Pure: requests and a transaction in; an answer out, and the transaction's changes. The replica
 * mounts it on the governance tables (`public:ccf.gov.*`, `public:ccf.internal.*`, `public:coco.*`); what follows from a
 * change (reconfigure, revoke) is derived from what was written, by `readNetwork`, and never called from a script.
 */
import type { AdapterRequest, AdapterResponse, Caller } from '@coco/adapter';
import type { Manifests, Platform } from '@coco/attestation';
import type { Certificate } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import type { NodeId, Seqno, TxId, TxStatus } from '@coco/primitives';
import type { Sandbox, ScriptLimits } from '@coco/sandbox';
import type { ScriptServices } from './scripts/types.js';

/** Limits of governance. */
export interface GovernanceSettings {
  readonly scripts: ScriptLimits;
  /** Steps (see ScriptLimits) of all scripts of one request together: ballots, validate, resolve, apply. */
  readonly requestStepsMax: number;
  readonly proposalBytesMax: number;
  readonly ballotBytesMax: number;
  /** Open proposals of one member, beyond which it cannot make another. */
  readonly openProposalsMax: number;
}

/** The circumstances of a request, handed in by the replica. */
export interface GovernanceContext {
  /** Wall clock of this node, milliseconds since 1970. */
  readonly nowMs: number;
  /** Merkle root over everything before this request: 32 bytes (part of a proposal's id). */
  root(): Uint8Array;
  /** Commit of this node, for `/gov/service/transactions/commit`. */
  readonly committed: TxId;
  txStatus(id: TxId): TxStatus;
}

/** An answer. With `writes` the transaction's changes are to be appended, and the answer sent once they are committed. */
export interface GovernanceAnswer {
  readonly response: AdapterResponse;
  readonly writes: boolean;
  /** What an action that was applied asks of the primary besides; only with `writes`. */
  readonly triggers?: GovernanceTriggers;
}

/** What the framework is to do because of an applied action. What it does not know it leaves. */
export interface GovernanceTriggers {
  /** End the chunk of the ledger. */
  readonly chunk?: true;
  readonly snapshot?: true;
  /** Change the secret of the ledger. */
  readonly rekey?: true;
  /** Issue new certificates for nodes that take part. */
  readonly nodeCertificates?: readonly ({ readonly nodeId: NodeId } & CertificateValidity)[];
}

/** When a certificate is to hold, as a proposal says it. */
export interface CertificateValidity {
  /** ISO 8601 or ASN.1 time. */
  readonly validFrom: string;
  readonly validityDays: number;
}

/** Answers governance requests. Never throws for bad input: a refusal is a response in OData's error format. */
export interface Governance {
  /** Whether a request is governance's to answer: `/gov/…`. */
  serves(request: Pick<AdapterRequest, 'method' | 'path'>): boolean;
  /** Whether only the primary can answer it. */
  needsPrimary(request: Pick<AdapterRequest, 'method' | 'path'>): boolean;
  /** Answers over `transaction`, whose changes are only to be used when the answer says `writes`. */
  handle(request: AdapterRequest, transaction: Transaction, context: GovernanceContext): GovernanceAnswer;
}

/** How governance is made. */
export interface GovernanceStart {
  readonly sandbox: Sandbox;
  readonly settings: GovernanceSettings;
  /** What scripts can ask of the node besides what the context of a request tells. Default: nothing. */
  readonly services?: Omit<ScriptServices, 'lastCommitted' | 'txStatus'>;
}

/** A member or participant. `id` is the hex SHA-256 of its certificate (DER). */
export interface ActorView {
  readonly id: string;
  readonly kind: 'member' | 'participant';
  readonly name: string;
  readonly certificatePem: string;
  /** A member that has not yet acknowledged a state digest is Accepted; it cannot vote. Participants are Active. */
  readonly status: 'Accepted' | 'Active';
}

/** Until when a node may take part (MIT-2). Times in milliseconds since 1970. */
export interface NodeLease {
  /**
   * held: it may take part. lapsed: it did not renew in time. distrusted: its evidence is not accepted any more, or the
   * members have distrusted the node itself.
   */
  readonly state: 'held' | 'lapsed' | 'distrusted';
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
  /** Why it is not held. */
  readonly reason?: { readonly code: string; readonly sentence: string };
}

/** What the evidence said by which a node was admitted, or renewed its lease last. */
export interface NodeEvidence {
  readonly platform: Platform;
  readonly codeId: string;
  /** When it was judged, milliseconds since 1970. */
  readonly atMs: number;
  /** The node's X25519 public key, hex, to which shares of the network's key are sealed. */
  readonly shareKey?: string;
  /** The same for the secrets of the ledger's epochs. */
  readonly epochKey?: string;
}

/** What a node hands in to be admitted or to renew its lease, and to what it must be bound. */
export interface NodeAttestation {
  /** A CMW collection in CBOR. */
  readonly evidence: Uint8Array;
  /** What the primary asked for, and the exported keying material of the connection on which it came. */
  readonly nonce: Uint8Array;
  readonly exporter: Uint8Array;
  /** As of when it is judged: the primary's wall clock, milliseconds since 1970. */
  readonly atMs: number;
}

/** A node on the VN list. */
export interface NodeView {
  readonly nodeId: NodeId;
  /**
   * Pending: approved by vote, not yet taking part. Trusted: in the configuration. Retired: left out of it, for now or for
   * good: see `isQuarantined`.
   */
  readonly status: 'Pending' | 'Trusted' | 'Retired';
  /** The record that its removal is committed is in the ledger: it may be shut down. */
  readonly retiredCommitted: boolean;
  /** The actor that signed its tuple; absent for a node of a genesis that names none. */
  readonly actorId?: string;
  readonly peerAddress: string;
  readonly applicationAddress: string;
  readonly administrativeAddress: string;
  readonly publicKeyPem: string;
  /** Issued by the service; absent while Pending. */
  readonly certificatePem?: string;
  /** Absent before the first one, and when it was removed by vote. */
  readonly lease?: NodeLease;
  /** Absent before it has handed in any. */
  readonly evidence?: NodeEvidence;
}

/** Who takes part in the network, as one version of the store says. */
export interface NetworkView {
  readonly seqno: Seqno;
  readonly serviceCertificatePem: string;
  readonly serviceStatus: string;
  /** Lower-case hex SHA-256: see `constitutionDigest`. */
  readonly constitutionDigest: string;
  readonly nodes: readonly NodeView[];
  readonly members: readonly ActorView[];
  readonly participants: readonly ActorView[];
  /** How many days the certificate of a node is valid. */
  readonly nodeCertificateDays: number;
  /** What is accepted as evidence. */
  readonly manifests: Manifests;
  /** How long a lease holds that is granted now, and whether its renewal must come from another start of the node. */
  readonly leaseSeconds: number;
  readonly leaseRestart: boolean;
  /** Of so many of a million entries nodes execute again what the primary executed. */
  readonly sampleFractionPpm: number;
}

/** The genesis constitution (GOV-2) as `coco network create` writes it. */
export interface GenesisConstitution {
  readonly serviceCertificatePem: string;
  /** Source of the constitution's scripts. */
  readonly constitution: string;
  readonly members: readonly GenesisActor[];
  readonly participants: readonly GenesisActor[];
  readonly nodes: readonly GenesisNode[];
  /** Rows of `public:coco.voting_policies`: policy by action name, and "default". */
  readonly votingPolicies: Readonly<Record<string, VotingPolicy>>;
  /** The row of `public:coco.settings`, as it is to be written. Default: epochs of a day, leases of an hour. */
  readonly settings?: Readonly<Record<string, number | string | boolean>>;
  /**
   * Rows of `public:coco.tee_manifest` by platform, as they are to be written (see teeRow.ts). Default: `virtual`, which
   * proves nothing, with any code.
   */
  readonly teeManifest?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Rows of `public:coco.code_manifest` by code id. Default: none. */
  readonly codeManifest?: Readonly<
    Record<string, { readonly component: string; readonly description: string }>
  >;
}

export interface GenesisActor {
  readonly certificatePem: string;
  readonly name: string;
  /** Members only, for recovery (later): an RSA key in PEM. */
  readonly encryptionKeyPem?: string;
}

export interface GenesisNode {
  readonly nodeId: NodeId;
  readonly certificatePem: string;
  readonly peerAddress: string;
  readonly applicationAddress: string;
  readonly administrativeAddress: string;
  /** The actor that runs it: id of a member or participant of this genesis. */
  readonly actorId?: string;
}

/** How one kind of action is decided (GOV-4). One member, one vote. */
export interface VotingPolicy {
  readonly kind: 'unanimous' | 'majority' | 'm_of_n' | 'one_of_n';
  /** For m_of_n: how many members must be in favour. */
  readonly m?: number;
  /** How many members must have voted at all. Default none. */
  readonly quorum?: number;
  /** Seconds after which an open proposal is dropped. Default: no end. */
  readonly expiresAfterSeconds?: number;
}

/** What the host asks of every connection: who is it, by its certificate chain (leaf first)? */
export type IdentifyActor = (
  view: NetworkView,
  chain: readonly Certificate[],
  nowMs: number,
) => { readonly caller: Caller } | { readonly refused: string };

/** `readNetwork(reader)`: the view of one version. */
export type ReadNetwork = (reader: Reader) => NetworkView;
