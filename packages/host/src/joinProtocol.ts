/**
 * What a joining node and the network say to one another: JSON over mutual TLS, `POST /node/join`.
 *
 *     ask     {phase: "secrets", constitution_digest, platform, evidence?}
 *             {phase: "ready", constitution_digest, platform, startup_seqno, evidence?}
 *     answer  {service_certificate, service_key, ledger_secrets: [{from_seqno, key}], node_certificate, minimum_seqno, nodes}
 *             {admitted: true, ledger_secrets?, nodes}
 *     nodes   [{node_id, peer_address, administrative_address}]: those that take part
 *
 * `evidence` is a CMW in base64, over the nonce that was asked for on the same connection: see attestation/proveOverHttps.ts.
 * Who asks is told by the certificate of the connection alone. Both sides parse strictly what comes from the other.
 */
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, fixedCopy, fromBase64, fromUtf8, type Seqno, toBase64 } from '@coco/primitives';
import type { PeerNode } from './nodeSecrets.js';

export type JoinAsk = {
  /** Of the constitution that the operator approved. */
  readonly constitutionDigest: string;
  readonly platform: string;
  /** What the node proves (a CMW); it is asked for in the end. */
  readonly evidence?: Uint8Array;
} & JoinPhase;

export type JoinPhase =
  | { readonly phase: 'secrets' }
  /** The node has started from a snapshot at, or replayed up to, this entry. */
  | { readonly phase: 'ready'; readonly startupSeqno: Seqno };

/** What a node on the VN list gets. */
export interface JoinSecrets {
  readonly serviceCertificatePem: string;
  readonly serviceKeyPem: string;
  readonly ledgerSecrets: readonly LedgerSecret[];
  readonly certificatePem: string;
  /** A snapshot older than this cannot be caught up from any more. */
  readonly minimumSeqno: Seqno;
  readonly nodes: readonly PeerNode[];
}

const secretsMax = 10_000;
const nodesMax = 1000;

/** `evidence` is base64. */
export function encodeJoinAsk(ask: Omit<JoinAsk, 'evidence'> & JoinPhase, evidence?: string): string {
  return JSON.stringify({
    phase: ask.phase,
    constitution_digest: ask.constitutionDigest,
    platform: ask.platform,
    ...(ask.phase === 'ready' && { startup_seqno: ask.startupSeqno }),
    ...(evidence !== undefined && { evidence }),
  });
}

/** Undefined when `body` is not an ask. */
export function decodeJoinAsk(body: Uint8Array): JoinAsk | undefined {
  const fields = parseObject(body);
  const {
    phase,
    constitution_digest: constitutionDigest,
    platform,
    startup_seqno: startupSeqno,
  } = fields ?? {};
  if (!isHex64(constitutionDigest) || typeof platform !== 'string' || platform.length > 64) return undefined;
  const proof = evidenceIn(fields);
  if (proof === undefined) return undefined;
  if (phase === 'secrets') return { phase, constitutionDigest, platform, ...proof };
  if (phase !== 'ready' || !isSeqno(startupSeqno)) return undefined;
  return { phase, constitutionDigest, platform, startupSeqno, ...proof };
}

/** What a node that asks for a lease sends. */
export interface LeaseAsk {
  /** The last entry that it has. */
  readonly lastSeqno: Seqno;
  /** It cannot open what follows, and asks for the secrets of the ledger. */
  readonly secrets: boolean;
  readonly evidence?: Uint8Array;
}

/** {last_seqno, secrets?, evidence?}; `evidence` is base64. */
export function encodeLeaseAsk(
  { lastSeqno, secrets }: Omit<LeaseAsk, 'evidence'>,
  evidence?: string,
): string {
  return JSON.stringify({
    last_seqno: lastSeqno,
    ...(secrets && { secrets }),
    ...(evidence !== undefined && { evidence }),
  });
}

/** Undefined when `body` is not that. */
export function decodeLeaseAsk(body: Uint8Array): LeaseAsk | undefined {
  const fields = parseObject(body);
  const lastSeqno = fields?.['last_seqno'];
  const proof = evidenceIn(fields);
  const secrets = fields?.['secrets'] ?? false;
  if (proof === undefined || !isSeqno(lastSeqno) || typeof secrets !== 'boolean') return undefined;
  return { lastSeqno, secrets, ...proof };
}

/** The answer to that, from when until when: {lease: {granted_at, expires_at}, ledger_secrets?, nodes}. COCO_JOIN_ANSWER when it is not that. */
export function decodeLeaseAnswer(body: Uint8Array): GrantedLease {
  const fields = parseObject(body);
  const { granted_at: grantedAtMs, expires_at: expiresAtMs } = (fields?.['lease'] ?? {}) as Record<
    string,
    unknown
  >;
  if (!isSeqno(grantedAtMs) || !isSeqno(expiresAtMs)) throw malformed('lease');
  return { grantedAtMs, expiresAtMs, ...toldIn(fields), nodes: peerNodesOf(fields?.['nodes']) };
}

export interface GrantedLease {
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
  /** Those of the ledger, where this node had missed some. */
  readonly ledgerSecrets?: readonly LedgerSecret[];
  /** Who takes part. */
  readonly nodes: readonly PeerNode[];
}

function evidenceIn(
  fields: Readonly<Record<string, unknown>> | undefined,
): { readonly evidence?: Uint8Array } | undefined {
  const text = fields?.['evidence'];
  if (text === undefined) return fields === undefined ? undefined : {};
  const evidence = typeof text === 'string' ? fromBase64(text) : undefined;
  return evidence === undefined ? undefined : { evidence };
}

/** As JSON, for the answer to "secrets". */
export function joinSecretsJson(secrets: JoinSecrets): unknown {
  return {
    service_certificate: secrets.serviceCertificatePem,
    service_key: secrets.serviceKeyPem,
    ledger_secrets: ledgerSecretsJson(secrets.ledgerSecrets),
    node_certificate: secrets.certificatePem,
    minimum_seqno: secrets.minimumSeqno,
    nodes: peerNodesJson(secrets.nodes),
  };
}

export function ledgerSecretsJson(secrets: readonly LedgerSecret[]): unknown {
  return secrets.map(({ fromSeqno, key }) => ({ from_seqno: fromSeqno, key: toBase64(key) }));
}

export function peerNodesJson(nodes: readonly PeerNode[]): unknown {
  return nodes.map(({ nodeId, peerAddress, administrativeAddress }) => ({
    node_id: nodeId,
    peer_address: peerAddress,
    administrative_address: administrativeAddress,
  }));
}

/** COCO_JOIN_ANSWER when `body` is no such answer. */
export function decodeJoinSecrets(body: Uint8Array): JoinSecrets {
  const fields = parseObject(body) ?? {};
  const minimumSeqno = fields['minimum_seqno'];
  if (!isSeqno(minimumSeqno)) throw malformed('minimum_seqno');
  return {
    serviceCertificatePem: textOf(fields, 'service_certificate'),
    serviceKeyPem: textOf(fields, 'service_key'),
    ledgerSecrets: secretsOf(fields['ledger_secrets']),
    certificatePem: textOf(fields, 'node_certificate'),
    minimumSeqno,
    nodes: peerNodesOf(fields['nodes']),
  };
}

/** The answer to "ready": who takes part, and the secrets of the ledger. COCO_JOIN_ANSWER when `body` is no such answer. */
export function decodeAdmitted(body: Uint8Array): Pick<GrantedLease, 'nodes' | 'ledgerSecrets'> {
  const fields = parseObject(body);
  if (fields?.['admitted'] !== true) throw malformed('admitted');
  return { nodes: peerNodesOf(fields['nodes']), ...toldIn(fields) };
}

function toldIn(fields: Readonly<Record<string, unknown>> | undefined): Pick<GrantedLease, 'ledgerSecrets'> {
  const list = fields?.['ledger_secrets'];
  return list === undefined ? {} : { ledgerSecrets: secretsOf(list) };
}

function secretsOf(value: unknown): readonly LedgerSecret[] {
  if (!Array.isArray(value) || value.length > secretsMax) throw malformed('ledger_secrets');
  return value.map(secretOf);
}

function secretOf(value: unknown): LedgerSecret {
  const { from_seqno: fromSeqno, key } = (value ?? {}) as Record<string, unknown>;
  const bytes = typeof key === 'string' ? fromBase64(key) : undefined;
  if (!isSeqno(fromSeqno) || bytes?.length !== 32) throw malformed('ledger_secrets');
  const secret = { fromSeqno, key: fixedCopy(bytes) };
  bytes.fill(0);
  return secret;
}

function peerNodesOf(value: unknown): readonly PeerNode[] {
  if (!Array.isArray(value) || value.length > nodesMax) throw malformed('nodes');
  return value.map((one: unknown) => {
    const fields = (one ?? {}) as Record<string, unknown>;
    const nodeId = fields['node_id'];
    if (!isHex64(nodeId)) throw malformed('nodes');
    return {
      nodeId,
      peerAddress: textOf(fields, 'peer_address'),
      administrativeAddress: textOf(fields, 'administrative_address'),
    };
  });
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw malformed(name);
  return value;
}

function isHex64(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isSeqno(value: unknown): value is Seqno {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(field: string): CocoError {
  return new CocoError('COCO_JOIN_ANSWER', `the node's answer is not understood: ${field}`, { field });
}
