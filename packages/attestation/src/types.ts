/**
 * The contract of attestation (RFC 9334): evidence comes in, is verified against the vendors' roots as of a stated time,
 * and is appraised by what the members have approved. Pure: no clock, no device, no network. Every time is in milliseconds
 * since 1970, every digest and register lower-case hex.
 */
import type { SignatureCheck } from '@coco/crypto';
import type { NodeId } from '@coco/primitives';

/** What can prove something; `virtual` proves nothing and says so. */
export type Platform = 'sev-snp' | 'tdx' | 'sgx' | 'az-snp-vtpm' | 'az-tdx-vtpm' | 'virtual';

/** Why evidence was made. Evidence for one purpose is worth nothing for another. */
export type Purpose = 'certificate' | 'session' | 'join' | 'lease' | 'secrets' | 'client';

/**
 * What a node says of itself; the hardware vouches for its hash (see runtimeClaims.ts). All byte strings.
 */
export interface RuntimeClaims {
  readonly purpose: Purpose;
  /** SHA-256 of the service's certificate (DER), 32 bytes; absent from a certificate made before the network is known. */
  readonly network?: Uint8Array;
  /** SHA-256 of the node's public key (SubjectPublicKeyInfo), 32 bytes: its node id. */
  readonly nodeKey: Uint8Array;
  /** The node's X25519 public key, 32 bytes, to which shares of the network's key are sealed. */
  readonly shareKey?: Uint8Array;
  /** Another, which the node keeps in memory alone and changes often: to it the secrets of the ledger's epochs are sealed. */
  readonly epochKey?: Uint8Array;
  /** What the asker chose, 16 to 64 bytes. */
  readonly nonce?: Uint8Array;
  /** Exported keying material of the TLS connection on which it was asked (RFC 8446 7.5), 32 bytes. */
  readonly exporter?: Uint8Array;
  /** Digest of the code tree, as `coco measure` prints it, 32 bytes. */
  readonly code: Uint8Array;
  /** Made at random when the process began, 16 bytes. */
  readonly instance: Uint8Array;
}

/** Evidence with everything that is needed to judge it (RATS: evidence and endorsements). */
export interface Evidence {
  readonly platform: Platform;
  /** What the hardware signed: an SNP report, a TDX or SGX quote, CBOR for a vTPM, a COSE_Sign1 for `virtual`. */
  readonly evidence: Uint8Array;
  /** RuntimeClaims in deterministic CBOR: the bytes that were hashed into the report data. */
  readonly claims: Uint8Array;
  readonly endorsements: Endorsements;
}

/**
 * By name. sev-snp, az-snp-vtpm: `vcek` (or a VLEK), `ask`, `ark`, all DER; `crl` (DER) if there is one; `uvm` (COSE_Sign1);
 * `policy` (what HOST_DATA is the SHA-256 of). tdx, sgx, az-tdx-vtpm: `collateral` (JSON, see platforms/dcap/collateral.ts).
 */
export type Endorsements = Readonly<Record<string, Uint8Array>>;

/** The vendors' roots that are trusted: SHA-256 of the SubjectPublicKeyInfo. */
export interface Anchors {
  /** By processor family. */
  readonly amd: Readonly<Record<AmdFamily, readonly string[]>>;
  readonly intel: readonly string[];
}

export type AmdFamily = 'milan' | 'genoa' | 'turin';

/** What the hardware said, once every signature over it holds. */
export interface PlatformClaims {
  readonly platform: Platform;
  /** What the measurement of the code is made of, by register, for example {measurement, host_data}. */
  readonly registers: Readonly<Record<string, string>>;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** Version of the report's or quote's format. */
  readonly version: number;
  /** For people and for floors: family and parts of the TCB. */
  readonly tcb: Tcb;
  /** Intel: what its collateral says of the TCB, for example "UpToDate". */
  readonly tcbStatus?: string;
  /** Intel: ids of advisories that apply, ascending. */
  readonly advisories: readonly string[];
  /** Intel: the evaluation number of the TCB info, and when the oldest of the collateral was issued. */
  readonly tcbEvaluationNumber?: number;
  readonly collateralIssuedMs?: number;
  /** True when an agent outside may move the guest to another machine. Debug is not here: it is always refused. */
  readonly migratable: boolean;
  readonly vmpl?: number;
  /** Intel TDX: attributes (8 bytes) and XFAM. */
  readonly attributes?: string;
  readonly signer: 'vcek' | 'vlek' | 'pck' | 'ak' | 'node';
  /** VLEK: the cloud to which AMD issued it. */
  readonly cspId?: string;
  /** Which machine: SNP's chip id, Intel's PPID. */
  readonly machineId?: string;
  /** Changes with every start of the guest, where the platform has such a thing (SNP's REPORT_ID). */
  readonly instanceId?: string;
  /** Microsoft's endorsement of the utility VM, when the evidence has one: its signatures hold and its measurement is equal. */
  readonly uvm?: { readonly did: string; readonly feed: string; readonly svn: number };
  /** SHA-256 of the root's public key; absent for `virtual`. */
  readonly root?: string;
  /** The earliest end of validity of all that it rests on. */
  readonly validUntilMs: number;
}

export interface Tcb {
  readonly family?: AmdFamily;
  /**
   * SNP: boot_loader, tee, snp, microcode, fmc (Turin), of each the lower of what is reported and what the guest was started under.
   * Intel: fmspc, and components as text.
   */
  readonly parts: Readonly<Record<string, number | string>>;
  /** SNP report version 3 on: family, model and stepping as CCF writes them, 4 bytes in hex. */
  readonly cpuid?: string;
}

/** What is known once a node's evidence is verified. */
export interface VerifiedClaims extends PlatformClaims {
  /** What the node says of itself: its hash is the report data. */
  readonly claims: RuntimeClaims;
}

/**
 * What parsing and comparing found, and the signatures that must hold for it to be true. Apart, because a browser can only
 * check signatures asynchronously. `examine…` throws COCO_ATTESTATION_* for everything that is wrong already.
 */
export interface Examined<Claims> {
  readonly claims: Claims;
  readonly signatures: readonly NamedSignature[];
}

export interface NamedSignature extends SignatureCheck {
  /** For people, for example "the ASK's signature on the VCEK". */
  readonly what: string;
}

/** What the members have approved: the TEE manifest and the code manifest (GOV-1), as plain data. */
export interface Manifests {
  readonly tee: TeeManifest;
  readonly code: CodeManifest;
}

/** By platform; what is absent is refused. */
export type TeeManifest = Readonly<Partial<Record<Platform, TeeEntry>>>;

/** What is demanded of a platform. Fields that do not concern it are ignored. */
export interface TeeEntry {
  readonly description: string;
  /** `any`, on `virtual` alone: whatever code. Default: what the code manifest lists. */
  readonly code: 'listed' | 'any';
  /** SHA-256 of public keys of roots that are trusted besides the built-in ones (for development, new processors). */
  readonly roots: readonly string[];
  /** Machines that may run nodes (chip ids, PPIDs); empty: any. */
  readonly machines: readonly string[];
  /** SNP: floors by family, by part; a family without floors is refused, and the empty record allows all, without floors. */
  readonly minimumTcb: Readonly<Partial<Record<AmdFamily, Readonly<Record<string, number>>>>>;
  /** SNP: whose keys may sign. */
  readonly signers: readonly ('vcek' | 'vlek')[];
  /** SNP: clouds whose VLEK is accepted; empty: any. */
  readonly cspIds: readonly string[];
  readonly minimumReportVersion: number;
  readonly vmplMax: number;
  /** SNP on Azure containers: endorsements that stand for the measurement. */
  readonly uvm: readonly { readonly did: string; readonly feed: string; readonly minimumSvn: number }[];
  /** Intel. */
  readonly acceptedStatuses: readonly string[];
  readonly allowedAdvisories: readonly string[];
  readonly minimumTcbEvaluation: number;
  /** Days since the oldest of the collateral was issued. */
  readonly collateralDaysMax: number;
}

export interface CodeManifest {
  /** By code id (see codeId.ts): `public:coco.code_manifest`. */
  readonly codes: Readonly<Record<string, { readonly component: string; readonly description: string }>>;
  /** CCF's own tables for SNP: both the measurement (or its UVM) and the host data must be in them. */
  readonly snp: {
    readonly measurements: readonly string[];
    readonly hostData: readonly string[];
    readonly uvm: readonly { readonly did: string; readonly feed: string; readonly minimumSvn: number }[];
    /** Floors by cpuid; where there is any, a processor that is not in it is refused. */
    readonly tcb: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  /** CCF's tables for virtual nodes: measurements here are digests of code trees, as `coco measure` prints them. */
  readonly virtual: { readonly measurements: readonly string[] };
}

/** To what the evidence must be bound: what is here must be equal in the claims. */
export interface Binding {
  readonly purpose: Purpose;
  /** SHA-256 of the service's certificate (DER), hex. Undefined: not compared. */
  readonly network?: string;
  readonly nodeId: NodeId;
  readonly nonce?: Uint8Array;
  readonly exporter?: Uint8Array;
}

/** Why evidence is refused: a code COCO_ATTESTATION_*, and one sentence for people. */
export interface Refusal {
  readonly code: string;
  readonly sentence: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export type Verdict =
  | { readonly outcome: 'accepted'; readonly codeId: string; readonly component: string }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** How much the network's attestation is worth: that of the weakest entry of its TEE manifest (GOV-1). */
export interface Assurance {
  /** none: some node may prove nothing. reduced: hardware, with exceptions that `reasons` tells. full: hardware. */
  readonly level: 'none' | 'reduced' | 'full';
  readonly weakest?: Platform;
  /** For people, one sentence each. */
  readonly reasons: readonly string[];
}
