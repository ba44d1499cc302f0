/**
 * Who may take part no longer (MIT-2, MIT-4): nodes that the members distrust, nodes whose recorded evidence the manifests
 * accept no more, which is how a vote distrusts a platform, a level of firmware or a version of code, and nodes whose lease
 * is over. They are quarantined: out of the configuration until they renew.
 *
 * A quarantine is a reconfiguration, and those who leave are not heard any more. So no more leave at once than those who stay
 * can decide without them; the rest follow when that is committed. Never is nobody left, and a primary hands over first.
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
  /** The primary itself. */
  readonly self: NodeId;
  /** Its wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  /** For how long this primary has been one, without interruption. */
  readonly primaryForMs: number;
  /** Whether recorded evidence is judged anew: after the manifests have changed, and by a new primary. */
  readonly evidence: boolean;
  /**
   * Whether those who stay, or those of them who were heard just now, can decide that these leave, without hearing of them (see
   * consensus).
   */
  readonly mayLeaveOut: (nodes: readonly NodeId[], by: 'heard' | 'all') => boolean;
}

export interface Review {
  readonly quarantined: readonly Lapse[];
  /** Those who cannot leave yet; the primary among them must hand over. */
  readonly postponed: readonly Lapse[];
  /** Those who stay only because nobody would be left. */
  readonly kept: readonly Lapse[];
  /** The nodes against which there is nothing. */
  readonly good: readonly NodeId[];
}

/** Nodes have so long to renew after there was no primary to ask, at most. */
const graceMsMax = 60_000;

/** How long leases are let be over while a primary is new: nobody could renew before. */
export function leaseGraceMs(leaseSeconds: number): number {
  return Math.min(leaseSeconds * 1000, graceMsMax);
}

/** Quarantines whom it finds, in this transaction. */
export function reviewNodes(transaction: Transaction, input: ReviewInput): Review {
  const { self, evidence, mayLeaveOut, nowMs } = input;
  const trusted = trustedNodes(transaction);
  const leaving = new Map<NodeId, Lapse>();
  for (const lapse of [
    ...lapses(transaction, trusted, input),
    ...(evidence ? refusedEvidence(transaction, trusted) : []),
    ...distrustedByLease(transaction, trusted),
  ]) {
    leaving.set(lapse.nodeId, lapse);
  }
  const all = [...leaving.values()];
  const good = trusted.filter((nodeId) => !leaving.has(nodeId));
  if (good.length === 0) return { quarantined: [], postponed: [], kept: all, good };
  const quarantined: Lapse[] = [];
  for (const lapse of all) {
    const together = [...quarantined, lapse].map(({ nodeId }) => nodeId);
    // One that only came too late with its renewal may be all that keeps the network going while another has stopped.
    const by = lapse.state === 'lapsed' ? 'heard' : 'all';
    if (lapse.nodeId === self || !mayLeaveOut(together, by)) continue;
    quarantine(transaction, lapse, nowMs);
    quarantined.push(lapse);
  }
  return { quarantined, postponed: all.filter((lapse) => !quarantined.includes(lapse)), kept: [], good };
}

/** The nodes that take part and should not, as this version says, whatever the time is. */
export function distrustedNodes(reader: Reader): readonly Lapse[] {
  const trusted = trustedNodes(reader);
  const byLease = distrustedByLease(reader, trusted);
  const known = new Set(byLease.map(({ nodeId }) => nodeId));
  return [...byLease, ...refusedEvidence(reader, trusted).filter(({ nodeId }) => !known.has(nodeId))];
}

/** Distrusted by vote. */
function distrustedByLease(reader: Reader, trusted: readonly NodeId[]): readonly Lapse[] {
  return trusted.flatMap((nodeId) => {
    const lease = readLease(reader, nodeId);
    if (lease?.state !== 'distrusted' || lease.reason === undefined) return [];
    return [{ nodeId, state: 'distrusted' as const, reason: lease.reason }];
  });
}

/** Those that take part by evidence that the manifests do not accept. */
function refusedEvidence(reader: Reader, trusted: readonly NodeId[]): readonly Lapse[] {
  const manifests = readManifests(reader);
  const network = networkDigest(reader);
  return trusted.flatMap((nodeId) => {
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
