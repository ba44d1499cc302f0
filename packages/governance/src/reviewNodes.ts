/**
 * Who may take part no longer (MIT-2, MIT-4): nodes whose lease is over, and nodes whose recorded evidence the manifests accept
 * no more, which is how a vote distrusts a platform, a level of firmware or a version of code. They are quarantined: out of
 * the configuration until they renew.
 *
 * A quarantine is a reconfiguration, and those who leave are not heard any more. So that those who stay can commit it, no more
 * leave at once than leave a majority behind; the rest follow when that is committed. Never is nobody left.
 */
import type { Reader, Transaction } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import { networkDigest, recordRefusal } from './decideAttestation.js';
import { hasAttestation, readAttestation } from './evidenceRow.js';
import { readLease, readLeasePolicy, writeLease } from './leases.js';
import { readManifests } from './manifests.js';
import { objectRows, putRow, readObject } from './rows.js';
import { governanceTables } from './tables.js';
import type { NodeLease } from './types.js';

/** A node that should leave, and why. */
export interface Lapse {
  readonly nodeId: NodeId;
  readonly state: 'lapsed' | 'distrusted';
  readonly reason: { readonly code: string; readonly sentence: string };
}

export interface ReviewInput {
  /** The primary's wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  /** For how long this primary has been one, without interruption. */
  readonly primaryForMs: number;
  /** Whether recorded evidence is judged anew: after the manifests have changed, and by a new primary. */
  readonly evidence: boolean;
}

export interface Review {
  readonly quarantined: readonly Lapse[];
  /** Those who follow when this is committed. */
  readonly postponed: readonly Lapse[];
  /** Those who stay only because nobody would be left. */
  readonly kept: readonly Lapse[];
}

/** Nodes have so long to renew after there was no primary to ask, at most. */
const graceMsMax = 60_000;

/** How long leases are let be over while a primary is new: nobody could renew before. */
export function leaseGraceMs(leaseSeconds: number): number {
  return Math.min(leaseSeconds * 1000, graceMsMax);
}

/** Quarantines whom it finds, in this transaction. */
export function reviewNodes(transaction: Transaction, input: ReviewInput): Review {
  const trusted = trustedNodes(transaction);
  const refused = input.evidence ? refusedEvidence(transaction) : [];
  const known = new Set(refused.map(({ nodeId }) => nodeId));
  const overdue = lapses(transaction, trusted, input).filter(({ nodeId }) => !known.has(nodeId));
  const leaving = [...refused, ...overdue];
  if (leaving.length === trusted.length) return { quarantined: [], postponed: [], kept: leaving };
  const atOnce = Math.max(1, Math.ceil(trusted.length / 2) - 1);
  const quarantined = leaving.slice(0, atOnce);
  for (const lapse of quarantined) quarantine(transaction, lapse, input.nowMs);
  return { quarantined, postponed: leaving.slice(atOnce), kept: [] };
}

/** The nodes that take part by evidence that the manifests of this version do not accept. */
export function refusedEvidence(reader: Reader): readonly Lapse[] {
  const manifests = readManifests(reader);
  const network = networkDigest(reader);
  return trustedNodes(reader).flatMap((nodeId) => {
    const record = readAttestation(reader, nodeId);
    if (record === undefined) return hasAttestation(reader, nodeId) ? [unreadable(nodeId)] : [];
    const refusal = recordRefusal(manifests, network, record);
    if (refusal === undefined) return [];
    const { code, sentence } = refusal;
    return [{ nodeId, state: 'distrusted' as const, reason: { code, sentence } }];
  });
}

/** Ids of the nodes in the configuration, ascending. */
export function trustedNodes(reader: Reader): readonly NodeId[] {
  return [...objectRows(reader, governanceTables.nodeInfo)]
    .filter(([, row]) => row['status'] === 'Trusted')
    .map(([nodeId]) => nodeId);
}

function unreadable(nodeId: NodeId): Lapse {
  const sentence = 'the record of its evidence cannot be read';
  return { nodeId, state: 'distrusted', reason: { code: 'COCO_ATTESTATION_MALFORMED', sentence } };
}

/** Whose lease is over, the longest first. */
function lapses(
  reader: Reader,
  trusted: readonly NodeId[],
  { nowMs, primaryForMs }: ReviewInput,
): readonly Lapse[] {
  if (primaryForMs < leaseGraceMs(readLeasePolicy(reader).leaseSeconds)) return [];
  const leases = trusted.map((nodeId) => ({ nodeId, lease: readLease(reader, nodeId) }));
  return leases
    .filter(({ lease }) => isOver(lease, nowMs))
    .toSorted((a, b) => (a.lease?.expiresAtMs ?? 0) - (b.lease?.expiresAtMs ?? 0))
    .map(({ nodeId, lease }) => ({ nodeId, state: 'lapsed', reason: lapseReason(lease, nowMs) }));
}

/** Whether a node that takes part with this lease should not. */
export function isOver(lease: NodeLease | undefined, nowMs: number): boolean {
  return lease?.state !== 'held' || lease.expiresAtMs <= nowMs;
}

function lapseReason(lease: NodeLease | undefined, nowMs: number): Lapse['reason'] {
  const sentence =
    lease === undefined
      ? 'the node has no lease: it has not proved yet what it runs'
      : `the node did not renew its lease, which was over ${seconds(nowMs - lease.expiresAtMs)} ago`;
  return { code: 'COCO_LEASE_LAPSED', sentence };
}

function seconds(ms: number): string {
  const count = Math.max(0, Math.floor(ms / 1000));
  return `${count} ${count === 1 ? 'second' : 'seconds'}`;
}

function quarantine(transaction: Transaction, { nodeId, state, reason }: Lapse, nowMs: number): void {
  const row = readObject(transaction, governanceTables.nodeInfo, nodeId);
  putRow(transaction, governanceTables.nodeInfo, nodeId, { ...row, status: 'Retired' });
  const { grantedAtMs = nowMs, expiresAtMs = nowMs } = readLease(transaction, nodeId) ?? {};
  writeLease(transaction, nodeId, { state, grantedAtMs, expiresAtMs, reason });
}
