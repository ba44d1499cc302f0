/**
 * What is written once a node's evidence is accepted: the evidence with the decision, the lease that follows from it, and what
 * CCF notes of both in its row of the node.
 */

import type { Transaction } from '@coco/kv';
import { toHex } from '@coco/primitives';
import type { AttestationCase, AttestationDecision } from './decideAttestation.js';
import { instanceOf, writeAttestation } from './evidenceRow.js';
import { readLeasePolicy, writeLease } from './leases.js';
import { quoteInfo } from './quoteInfo.js';
import { type JsonObject, putRow } from './rows.js';
import { governanceTables } from './tables.js';
import type { NodeLease } from './types.js';

type Accepted = Extract<AttestationDecision, { readonly outcome: 'accepted' }>;

/** A lease is over no later than what the evidence rests on. */
export function grantLease(
  transaction: Transaction,
  asked: AttestationCase,
  { codeId, component, claims }: Accepted,
): NodeLease {
  const { shareKey, epochKey } = claims.claims;
  writeAttestation(transaction, {
    ...asked,
    platform: claims.platform,
    codeId,
    component,
    instance: instanceOf(claims),
    ...(shareKey !== undefined && { shareKey: toHex(shareKey) }),
    ...(epochKey !== undefined && { epochKey: toHex(epochKey) }),
  });
  const { leaseSeconds } = readLeasePolicy(transaction);
  const lease: NodeLease = {
    state: 'held',
    grantedAtMs: asked.atMs,
    expiresAtMs: Math.min(asked.atMs + leaseSeconds * 1000, claims.validUntilMs),
  };
  writeLease(transaction, asked.nodeId, lease);
  return lease;
}

/** Makes the node Trusted, and notes in its row what it proved. */
export function writeTrusted(
  transaction: Transaction,
  { nodeId, evidence }: AttestationCase,
  row: JsonObject,
  codeId: string,
): void {
  const { retired_committed: _, ...rest } = row;
  putRow(transaction, governanceTables.nodeInfo, nodeId, {
    ...rest,
    status: 'Trusted',
    code_digest: codeId,
    quote_info: quoteInfo(evidence),
  });
}
