/**
 * Leases of nodes (MIT-2): until when a node may take part before it must prove anew what it runs. A row of
 * `public:coco.nodes.leases`, by node id:
 *
 *     { state: "held" | "lapsed" | "distrusted", granted_at (ms), expires_at (ms), reason?: { code, sentence } }
 *
 * A node that is quarantined is Retired with a lease that is lapsed or distrusted; it may come back by renewing, unless the
 * members have distrusted the node itself. One that is Retired without such a lease was removed for good.
 */
import type { Reader, Transaction } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import { countOf, isJsonObject, type JsonObject, putRow, readObject, readRow, textOf } from './rows.js';
import { governanceTables } from './tables.js';
import type { NodeLease, NodeView } from './types.js';

/** The code of the reason when the members distrust a node by vote, whatever it can prove. */
export const distrustedByVote = 'COCO_LEASE_DISTRUSTED';

const states: readonly NodeLease['state'][] = ['held', 'lapsed', 'distrusted'];

/** The lease of a node; undefined when it has none that reads. */
export function readLease(reader: Reader, nodeId: NodeId): NodeLease | undefined {
  return parseLease(readRow(reader, governanceTables.nodeLeases, nodeId));
}

/** The lease that a row says; undefined when it is none. */
export function parseLease(row: unknown): NodeLease | undefined {
  if (!isJsonObject(row)) return undefined;
  const state = states.find((one) => one === row['state']);
  const grantedAtMs = countOf(row['granted_at']);
  const expiresAtMs = countOf(row['expires_at']);
  if (state === undefined || grantedAtMs === undefined || expiresAtMs === undefined) return undefined;
  const given: JsonObject = isJsonObject(row['reason']) ? row['reason'] : {};
  const code = textOf(given['code']);
  const sentence = textOf(given['sentence']);
  const reason = code === undefined || sentence === undefined ? undefined : { code, sentence };
  // Without a reason nobody can say that it may come back.
  if (state === 'distrusted' && reason === undefined) return undefined;
  return { state, grantedAtMs, expiresAtMs, ...(reason !== undefined && { reason }) };
}

/** `lease` as a row. */
export function leaseRow({ state, grantedAtMs, expiresAtMs, reason }: NodeLease): JsonObject {
  return {
    state,
    granted_at: grantedAtMs,
    expires_at: expiresAtMs,
    ...(reason !== undefined && { reason }),
  };
}

export function writeLease(transaction: Transaction, nodeId: NodeId, lease: NodeLease): void {
  putRow(transaction, governanceTables.nodeLeases, nodeId, leaseRow(lease));
}

/** Whether the node is out of the network for now, as against removed. */
export function isQuarantined({
  status,
  lease,
}: {
  readonly status: NodeView['status'];
  readonly lease?: NodeLease | undefined;
}): boolean {
  return status === 'Retired' && (lease?.state === 'lapsed' || lease?.state === 'distrusted');
}

export interface LeasePolicy {
  /** How long a lease holds. */
  readonly leaseSeconds: number;
  /** Whether a renewal must come from another start of the node than the lease before. */
  readonly restart: boolean;
}

export const leaseSecondsDefault = 3600;

/** What the settings say of leases. */
export function readLeasePolicy(reader: Reader): LeasePolicy {
  const row = readObject(reader, governanceTables.settings);
  const seconds = countOf(row?.['lease_seconds']) ?? 0;
  return {
    leaseSeconds: seconds > 0 ? seconds : leaseSecondsDefault,
    restart: row?.['lease_restart'] === true,
  };
}
