/**
 * A node renews its lease (MIT-2): fresh evidence over a nonce of the primary, by the manifests of this very version. That is
 * how a node of the genesis gets its first one, and how one that is quarantined comes back, under the same id.
 */
import type { Transaction } from '@coco/kv';
import { equalBytes, type NodeId } from '@coco/primitives';
import { type AttestationCase, decideAttestation } from './decideAttestation.js';
import { instanceOf, readAttestation } from './evidenceRow.js';
import { isFormerNode } from './framework.js';
import { grantLease, writeTrusted } from './grantLease.js';
import { distrustedByVote, isQuarantined, readLeasePolicy } from './leases.js';
import { readNode } from './nodeRow.js';
import { isJsonObject, type JsonObject, readObject } from './rows.js';
import { governanceTables } from './tables.js';
import type { NodeAttestation, NodeLease } from './types.js';

export type RenewalOutcome =
  | {
      readonly outcome: 'renewed';
      readonly lease: NodeLease;
      /** It was quarantined and takes part again: the entry with these changes is a reconfiguration. */
      readonly returned: boolean;
    }
  /** `code`: COCO_ATTESTATION_*, COCO_LEASE_*. Nothing was written. */
  | { readonly outcome: 'refused'; readonly code: string; readonly reason: string };

/** Grants the node a lease anew, or says why not. */
export function renewLease(
  transaction: Transaction,
  { nodeId, attestation }: { readonly nodeId: NodeId; readonly attestation: NodeAttestation },
): RenewalOutcome {
  const refused = (code: string, reason: string): RenewalOutcome => ({ outcome: 'refused', code, reason });
  const standing = standingOf(transaction, nodeId);
  if ('code' in standing) return refused(standing.code, standing.reason);
  const before = readAttestation(transaction, nodeId);
  if (before !== undefined && equalBytes(before.nonce, attestation.nonce)) {
    return refused(
      'COCO_LEASE_NONCE',
      'the evidence is over the nonce of the lease before, not over a new one',
    );
  }
  const asked: AttestationCase = { ...attestation, nodeId, purpose: 'lease' };
  const decision = decideAttestation(transaction, asked);
  if (decision.outcome === 'refused') return refused(decision.refusal.code, decision.refusal.sentence);
  const { restart } = readLeasePolicy(transaction);
  if (restart && before !== undefined && before.instance === instanceOf(decision.claims)) {
    return refused(
      'COCO_ATTESTATION_RESTART',
      'the node was not restarted since its lease was granted, which the settings of this network ask for',
    );
  }
  const lease = grantLease(transaction, asked, decision);
  const { row, returns } = standing;
  // A row of the nodes' table is only written where it says something new.
  if (returns || row['code_digest'] !== decision.codeId || !hasQuote(row)) {
    writeTrusted(transaction, asked, row, decision.codeId);
  }
  return { outcome: 'renewed', lease, returned: returns };
}

type Standing =
  | { readonly row: JsonObject; readonly returns: boolean }
  | { readonly code: string; readonly reason: string };

/** Whether the node may have a lease at all. */
function standingOf(transaction: Transaction, nodeId: NodeId): Standing {
  const row = readObject(transaction, governanceTables.nodeInfo, nodeId);
  const read = row === undefined ? undefined : readNode(transaction, nodeId, row);
  if (row === undefined || read === undefined || 'malformed' in read) {
    return isFormerNode(transaction, nodeId)
      ? { code: 'COCO_LEASE_REMOVED', reason: 'the node was removed from the network, and cannot come back' }
      : { code: 'COCO_LEASE_UNKNOWN', reason: 'the node is not on the VN list' };
  }
  const { node } = read;
  if (node.status === 'Pending') {
    return {
      code: 'COCO_LEASE_UNKNOWN',
      reason: 'the node has not joined yet: its first lease comes with that',
    };
  }
  if (node.lease?.reason?.code === distrustedByVote) {
    const reason = `the members have distrusted the node: ${node.lease.reason.sentence}`;
    return { code: 'COCO_LEASE_DISTRUSTED', reason };
  }
  if (node.status === 'Trusted') return { row, returns: false };
  if (isQuarantined(node)) return { row, returns: true };
  return { code: 'COCO_LEASE_REMOVED', reason: 'the node was removed by vote, and cannot come back' };
}

function hasQuote(row: JsonObject): boolean {
  const quote = row['quote_info'];
  return isJsonObject(quote) && quote['quote'] !== '';
}
