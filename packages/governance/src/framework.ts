/**
 * What the node itself writes into governance tables, without a proposal: it only carries out what the members have
 * decided (a node that they approved takes part; a removal is complete) or records a fact (a snapshot was taken).
 */
import { type Certificate, isIssuedBy, parseCertificate } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { type NodeId, type Seqno, toHex, utf8 } from '@coco/primitives';
import { decideAttestation } from './decideAttestation.js';
import { grantLease, writeTrusted } from './grantLease.js';
import { isQuarantined, readLease } from './leases.js';
import { countOf, objectRows, putRow, readObject, textOf } from './rows.js';
import { governanceTables } from './tables.js';
import type { NodeAttestation, NodeLease } from './types.js';

export type AdmitOutcome =
  | { readonly outcome: 'admitted'; readonly lease: NodeLease }
  /** It takes part already: nothing was written. */
  | { readonly outcome: 'already' }
  | {
      readonly outcome: 'refused';
      readonly why: 'unknown' | 'retired' | 'no-tuple' | 'certificate';
      readonly reason: string;
    }
  /** What it hands in does not prove what the manifests ask for: `code` is COCO_ATTESTATION_*. */
  | {
      readonly outcome: 'refused';
      readonly why: 'evidence';
      readonly code: string;
      readonly reason: string;
    };

/** A node that asks to take part, with the certificate that the service issued for its key, and what it proves. */
export interface AdmitInput {
  readonly nodeId: NodeId;
  readonly certificatePem: string;
  readonly attestation: NodeAttestation;
}

/**
 * Makes a Pending node of the VN list Trusted (NET-2) when its evidence is accepted by the manifests of this very version: the
 * entry with these changes is the reconfiguration. Evidence, decision and lease are written with it.
 */
export function admitNode(transaction: Transaction, node: AdmitInput): AdmitOutcome {
  const { nodeId, certificatePem, attestation } = node;
  const refused = (
    why: 'unknown' | 'retired' | 'no-tuple' | 'certificate',
    reason: string,
  ): AdmitOutcome => ({ outcome: 'refused', why, reason });
  const row = readObject(transaction, governanceTables.nodeInfo, nodeId);
  if (row === undefined) return refused('unknown', 'the node is not on the VN list');
  if (row['status'] === 'Retired') return refused('retired', retiredReason(transaction, nodeId));
  if (readObject(transaction, governanceTables.nodeTuples, nodeId) === undefined) {
    return refused('no-tuple', 'no actor has signed for the node');
  }
  const wrong = certificateFault(transaction, node);
  if (wrong !== undefined) return refused('certificate', wrong);
  const asked = { ...attestation, nodeId, purpose: 'join' } as const;
  const decision = decideAttestation(transaction, asked);
  if (decision.outcome === 'refused') {
    const { code, sentence } = decision.refusal;
    return { outcome: 'refused', why: 'evidence', code, reason: sentence };
  }
  if (row['status'] === 'Trusted') return { outcome: 'already' };
  writeTrusted(transaction, asked, row, decision.codeId);
  transaction.put(governanceTables.nodeCertificates, utf8(nodeId), utf8(certificatePem));
  return { outcome: 'admitted', lease: grantLease(transaction, asked, decision) };
}

function retiredReason(reader: Reader, nodeId: NodeId): string {
  return isQuarantined({ status: 'Retired', lease: readLease(reader, nodeId) })
    ? 'the node is quarantined: it comes back by renewing its lease, not by joining'
    : 'the node was removed';
}

/**
 * Gives a Trusted node the certificate that the service issued anew for its key. Why that cannot be, in words for people;
 * undefined when it was done.
 */
export function renewNodeCertificate(
  transaction: Transaction,
  node: { readonly nodeId: NodeId; readonly certificatePem: string },
): string | undefined {
  const { nodeId, certificatePem } = node;
  if (readObject(transaction, governanceTables.nodeInfo, nodeId)?.['status'] !== 'Trusted') {
    return 'the node does not take part';
  }
  const wrong = certificateFault(transaction, node);
  if (wrong !== undefined) return wrong;
  transaction.put(governanceTables.nodeCertificates, utf8(nodeId), utf8(certificatePem));
  return undefined;
}

/** Why the certificate is not one of the service for the node's key, if it is not. */
function certificateFault(
  transaction: Transaction,
  { nodeId, certificatePem }: { readonly nodeId: NodeId; readonly certificatePem: string },
): string | undefined {
  const certificate = readCertificate(certificatePem);
  if (certificate?.publicKey.fingerprint !== nodeId) {
    return 'the certificate is not for the key of the node';
  }
  const service = textOf(readObject(transaction, governanceTables.serviceInfo)?.['cert']) ?? '';
  const issuer = readCertificate(service);
  if (issuer === undefined || !isIssuedBy(certificate, issuer)) {
    return 'the certificate was not issued by the service';
  }
  return undefined;
}

/**
 * Marks every Retired node (of `nodes`, if they are given) as `retired_committed`, and gives the ids of those that were not yet. Call it once the removal is
 * committed; the nodes may be shut down when the entry with this mark is committed in its turn.
 */
export function recordRetired(transaction: Transaction, nodes?: readonly NodeId[]): readonly NodeId[] {
  const marked: NodeId[] = [];
  for (const [nodeId, row] of [...objectRows(transaction, governanceTables.nodeInfo)]) {
    if (row['status'] !== 'Retired' || row['retired_committed'] === true) continue;
    if (nodes?.includes(nodeId) === false) continue;
    putRow(transaction, governanceTables.nodeInfo, nodeId, { ...row, retired_committed: true });
    marked.push(nodeId);
  }
  return marked;
}

/**
 * Opens a recovered service that the members have voted to open: in CCF's formats it waits for recovery shares then, and here
 * the secrets of the ledger were brought back before it went on. True when it was to be opened.
 */
export function openRecovered(transaction: Transaction): boolean {
  const row = readObject(transaction, governanceTables.serviceInfo);
  if (row === undefined || !isOpening(textOf(row['status']) ?? '')) return false;
  putRow(transaction, governanceTables.serviceInfo, undefined, { ...row, status: 'Open' });
  return true;
}

/** Whether the primary is to open a service of this status. */
export function isOpening(serviceStatus: string): boolean {
  return serviceStatus === 'WaitingForRecoveryShares';
}

export type ForgetOutcome =
  | { readonly outcome: 'forgotten' }
  /** It is off the list already: nothing was written. */
  | { readonly outcome: 'already' }
  | { readonly outcome: 'refused'; readonly why: 'unknown' | 'not-retired'; readonly reason: string };

/**
 * Takes a node off the VN list whose removal is recorded as committed. What stays is that its id was in use: a node that lost
 * what it promised must not come back under the same one.
 */
export function forgetNode(transaction: Transaction, nodeId: NodeId): ForgetOutcome {
  const row = readObject(transaction, governanceTables.nodeInfo, nodeId);
  if (row === undefined) {
    if (isFormerNode(transaction, nodeId)) return { outcome: 'already' };
    return { outcome: 'refused', why: 'unknown', reason: 'there is no such node on the VN list' };
  }
  if (row['status'] !== 'Retired' || row['retired_committed'] !== true) {
    const reason = 'only a node whose removal is committed can be forgotten: remove it by vote first';
    return { outcome: 'refused', why: 'not-retired', reason };
  }
  if (isQuarantined({ status: 'Retired', lease: readLease(transaction, nodeId) })) {
    const reason = 'the node is quarantined and may come back: remove it by vote first';
    return { outcome: 'refused', why: 'not-retired', reason };
  }
  const actor = textOf(readObject(transaction, governanceTables.nodeTuples, nodeId)?.['actor']);
  const { nodeInfo, nodeTuples, nodeCertificates, nodeEvidence, nodeLeases } = governanceTables;
  for (const table of [nodeInfo, nodeTuples, nodeCertificates, nodeEvidence, nodeLeases]) {
    transaction.remove(table, utf8(nodeId));
  }
  putRow(transaction, governanceTables.formerNodes, nodeId, actor === undefined ? {} : { actor });
  return { outcome: 'forgotten' };
}

/** Whether a node with this id was taken off the VN list after it had taken part. */
export function isFormerNode(reader: Reader, nodeId: NodeId): boolean {
  return readObject(reader, governanceTables.formerNodes, nodeId) !== undefined;
}

/** Records the SHA-256 (32 bytes) of the snapshot of version `seqno`, in CCF's format; the entry's claims say it too. */
export function snapshotEvidence(
  transaction: Transaction,
  snapshot: { readonly digest: Uint8Array; readonly seqno: Seqno },
): void {
  putRow(transaction, governanceTables.snapshotEvidence, undefined, {
    hash: toHex(snapshot.digest),
    version: snapshot.seqno,
  });
}

/** The version of which the last recorded snapshot was taken; 0 when there is none. */
export function snapshotSeqno(reader: Reader): Seqno {
  return countOf(readObject(reader, governanceTables.snapshotEvidence)?.['version']) ?? 0;
}

function readCertificate(pem: string): Certificate | undefined {
  try {
    return parseCertificate(pem);
  } catch {
    return undefined;
  }
}
