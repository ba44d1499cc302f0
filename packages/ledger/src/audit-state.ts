/**
 * What the ledger says of its own service: its identity, and the nodes that may sign. Followed entry by entry by the
 * audit, so that each signature is judged by what was written before it.
 */
import { type Certificate, isIssuedBy, parseCertificate } from '@coco/crypto';
import type { TableChanges } from '@coco/kv';
import { CocoError, fromUtf8, type NodeId, type Seqno } from '@coco/primitives';
import { nodeIdOf, nodeStatus } from './configuration.js';
import { readEndorsement } from './endorsement.js';
import { createSignatureChecker, type SignatureChecker } from './signature-verify.js';
import { ledgerTables, singletonValue } from './tables.js';
import type { NodeStatus } from './types.js';

/** One service identity in the life of a ledger: a recovery begins a new one. */
export interface ServiceRecord {
  readonly certificate: Certificate;
  /** The entry that introduced it. */
  readonly firstSeqno: Seqno;
  /** Its last recorded status, such as Open. */
  status: string;
  /** A later entry holds its endorsement by the identity that followed it (or, for the first, by itself). */
  endorsed: boolean;
}

/** The state that the governance tables leave. */
export interface AuditState {
  readonly services: ServiceRecord[];
  checker?: SignatureChecker;
  readonly nodes: Map<NodeId, NodeStatus>;
  readonly certificates: Map<NodeId, Certificate>;
}

export function createAuditState(): AuditState {
  return { services: [], nodes: new Map(), certificates: new Map() };
}

/** True for the tables that `followTables` reads. */
export function isFollowed(table: string): boolean {
  return followed.has(table);
}

const followed: ReadonlySet<string> = new Set([
  ledgerTables.serviceInfo,
  ledgerTables.nodesInfo,
  ledgerTables.nodesCertificates,
  ledgerTables.previousServiceIdentity,
]);

/** Takes over what entry `seqno` writes. Throws COCO_LEDGER_AUDIT_GOVERNANCE for what a service would not write. */
export function followTables(state: AuditState, tables: readonly TableChanges[], seqno: Seqno): void {
  const service = singletonValue(tables, ledgerTables.serviceInfo);
  if (service !== undefined) followService(state, service, seqno);
  for (const { table, puts, removes } of tables) {
    if (table === ledgerTables.nodesInfo) {
      for (const { key, value } of puts) state.nodes.set(nodeIdOf(key), nodeStatus(value));
      for (const key of removes) state.nodes.delete(nodeIdOf(key));
    } else if (table === ledgerTables.nodesCertificates) {
      for (const { key, value } of puts) followCertificate(state, nodeIdOf(key), value);
      for (const key of removes) state.certificates.delete(nodeIdOf(key));
    }
  }
  const endorsement = singletonValue(tables, ledgerTables.previousServiceIdentity);
  if (endorsement !== undefined) followEndorsement(state, endorsement);
}

/**
 * Takes over what a snapshot at `seqno` says, in place of all entries up to it. Certificates that an earlier service
 * identity issued are passed over. Throws COCO_LEDGER_AUDIT_GOVERNANCE.
 */
export function restoreState(state: AuditState, tables: readonly TableChanges[], seqno: Seqno): void {
  const certificates = tables.find(({ table }) => table === ledgerTables.nodesCertificates);
  const endorsement = singletonValue(tables, ledgerTables.previousServiceIdentity);
  const others = new Set([ledgerTables.serviceInfo, ledgerTables.nodesInfo] as const);
  followTables(
    state,
    tables.filter(({ table }) => (others as ReadonlySet<string>).has(table)),
    seqno,
  );
  const service = state.services.at(-1)?.certificate;
  for (const { key, value } of certificates?.puts ?? []) {
    const certificate = certificateOf(fromUtf8(value), 'a node');
    if (service === undefined || isIssuedBy(certificate, service))
      followCertificate(state, nodeIdOf(key), value);
  }
  try {
    if (endorsement !== undefined) followEndorsement(state, endorsement);
  } catch (error) {
    // It may endorse an identity that is not known here, being older than the snapshot.
    if (!(error instanceof CocoError)) throw error;
  }
}

/** Which status may follow which on the way from one service identity to the next (CCF's rules). */
const statusAfter: Readonly<Record<string, readonly string[]>> = {
  Opening: ['Open', 'WaitingForRecoveryShares'],
  Recovering: ['WaitingForRecoveryShares'],
  WaitingForRecoveryShares: ['Open'],
  Open: ['Recovering'],
};

function followService(state: AuditState, value: Uint8Array, seqno: Seqno): void {
  const { cert, status } = jsonObject(value, 'service.info');
  const certificate = certificateOf(cert, 'the service');
  if (typeof status !== 'string' || !Object.hasOwn(statusAfter, status)) {
    throw refused('the status of the service is unknown');
  }
  if (certificate.subject === certificate.issuer && !isIssuedBy(certificate, certificate)) {
    throw refused("the service's certificate is not signed by its own key");
  }
  const current = state.services.at(-1);
  const same = current?.certificate.publicKey.fingerprint === certificate.publicKey.fingerprint;
  if (current !== undefined) {
    // A recovery can begin at any point, and writes Opening or, later, Recovering.
    const begins = status === 'Opening' || (status === 'Recovering' && current.status === 'Open');
    const goesOn = status === current.status || statusAfter[current.status]?.includes(status) === true;
    if (same ? !(begins || goesOn) : !(status === 'Opening' || status === 'Recovering')) {
      throw refused(
        `the service cannot go from ${current.status} to ${status}${same ? '' : ' under another key'}`,
      );
    }
  }
  if (same && current !== undefined) current.status = status;
  else state.services.push({ certificate, firstSeqno: seqno, status, endorsed: false });
  state.checker = createSignatureChecker(certificate);
}

function followCertificate(state: AuditState, nodeId: NodeId, value: Uint8Array): void {
  const certificate = certificateOf(fromUtf8(value), `node ${nodeId}`);
  if (certificate.publicKey.fingerprint !== nodeId) {
    throw refused(`the certificate of node ${nodeId} is for another key`);
  }
  const service = state.services.at(-1)?.certificate;
  if (service !== undefined && !isIssuedBy(certificate, service)) {
    throw refused(`the certificate of node ${nodeId} was not issued by the service`);
  }
  state.certificates.set(nodeId, certificate);
}

/** By the current identity, of an earlier one, or of itself. */
function followEndorsement(state: AuditState, value: Uint8Array): void {
  const row = readEndorsement(value);
  const current = state.services.at(-1)?.certificate.publicKey;
  if (row === undefined || (current !== undefined && row.endorsing.fingerprint !== current.fingerprint)) {
    throw refused('the endorsement of an earlier service identity is not by the current one');
  }
  const service = state.services.findLast(
    ({ certificate }) => certificate.publicKey.fingerprint === row.endorsed.fingerprint,
  );
  if (service === undefined)
    throw refused('an endorsement is for a service identity that the ledger never had');
  service.endorsed = true;
}

/** Throws COCO_LEDGER_AUDIT_SIGNER unless `nodeId` was in the network, with this certificate's key. */
export function checkSigner(state: AuditState, nodeId: NodeId, certificate: Certificate): void {
  const status = state.nodes.get(nodeId);
  // A retired node may sign until its retirement is committed.
  const known = state.certificates.get(nodeId);
  if (status !== 'Trusted' && status !== 'Retired') throw notInNetwork(nodeId);
  if (known?.publicKey.fingerprint !== certificate.publicKey.fingerprint) throw notInNetwork(nodeId);
}

function notInNetwork(nodeId: NodeId): CocoError {
  return new CocoError(
    'COCO_LEDGER_AUDIT_SIGNER',
    `node ${nodeId} signed, but was not trusted at that point`,
    {
      nodeId,
    },
  );
}

function certificateOf(pem: unknown, whose: string): Certificate {
  let certificate: Certificate | undefined;
  try {
    if (typeof pem === 'string') certificate = parseCertificate(pem);
  } catch {
    // Told below.
  }
  if (certificate === undefined) throw refused(`the certificate of ${whose} cannot be read`);
  return certificate;
}

function jsonObject(value: Uint8Array, what: string): Record<string, unknown> {
  try {
    const row: unknown = JSON.parse(fromUtf8(value) ?? '');
    if (typeof row === 'object' && row !== null) return row as Record<string, unknown>;
  } catch {
    // Told below, with what is JSON but no object.
  }
  throw refused(`the row of ${what} is not a JSON object`);
}

function refused(sentence: string): CocoError {
  return new CocoError('COCO_LEDGER_AUDIT_GOVERNANCE', sentence);
}
