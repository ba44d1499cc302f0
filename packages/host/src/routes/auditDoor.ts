/**
 * Who stands before the routes for auditors: the certificate of the connection, and the grant that names it. Failures are thrown
 * with their codes, and become answers here.
 */
import { randomBytes } from '@coco/crypto';
import {
  type AuditedPart,
  type AuditGrant,
  type AuditRead,
  type AuditRefusal,
  auditRefusal,
  grantRefusal,
  readAuditGrant,
} from '@coco/governance';
import type { Reader } from '@coco/kv';
import { CocoError, fromUtf8, type NodeId, type Seqno, toHex } from '@coco/primitives';
import type { ReadRecorder } from '../audits/readRecorder.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import { failure } from './answers.js';

export interface AuditDoorFacts {
  readonly nodeId: NodeId;
  /** Governance tables as committed. */
  readonly tables: () => Reader;
  readonly nowMs: () => number;
  readonly recorder: ReadRecorder;
}

/** What `work` answers, or the refusal that it throws. */
export async function answered(work: () => HttpResponse | Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await work();
  } catch (error) {
    const status = error instanceof CocoError ? statusOf(error) : undefined;
    if (!(error instanceof CocoError) || status === undefined) throw error;
    return failure(status, error.code, error.message, status === 503 ? { 'retry-after': '1' } : {});
  }
}

const statuses: Readonly<Record<string, number>> = {
  COCO_AUDIT_ANONYMOUS: 401,
  COCO_AUDIT_BUSY: 503,
  COCO_AUDIT_LIMIT: 429,
  COCO_AUDIT_REQUEST: 400,
  COCO_AUDIT_RUNNING: 409,
  COCO_AUDIT_UNRECORDED: 503,
  COCO_SECRETS_NO_SHARE: 503,
  COCO_SECRETS_UNREACHABLE: 503,
};

/** What the node has not got, or cannot open, may be there later. */
const withheld = /^COCO_(HOST_HISTORY|LEDGER)_/;

function statusOf({ code }: CocoError): number | undefined {
  const refused = code.startsWith('COCO_AUDIT_') ? 403 : undefined;
  return statuses[code] ?? refused ?? (withheld.test(code) ? 503 : undefined);
}

/** The grant, which is for whoever makes this request, and not over. COCO_AUDIT_*. */
export function grantFor(facts: AuditDoorFacts, request: HttpRequest, id: unknown): AuditGrant {
  if (typeof id !== 'string') throw malformed();
  const auditor = auditorOf(facts, request);
  const grant = readAuditGrant(facts.tables(), id);
  refuseFor(grantRefusal(grant, auditor, facts.nowMs()));
  return grant as AuditGrant;
}

/** Writes down what is about to be answered by this grant, if it may be. COCO_AUDIT_*. */
export async function recorded(
  { nodeId, tables, nowMs, recorder }: AuditDoorFacts,
  { id: grant, auditor }: AuditGrant,
  what: AuditedPart,
): Promise<void> {
  const read: AuditRead = { id: toHex(randomBytes(16)), grant, auditor, nodeId, what, atMs: nowMs() };
  refuseFor(auditRefusal(tables(), read, read.atMs));
  await recorder.record(read);
}

export function refuseFor(refusal: AuditRefusal | undefined): void {
  if (refusal !== undefined) throw new CocoError(refusal.code, refusal.reason);
}

/** TLS has proved that the caller holds the key of the certificate. */
function auditorOf({ nowMs }: AuditDoorFacts, { chain: [certificate] }: HttpRequest): string {
  if (certificate === undefined) {
    const sentence = 'audits are for auditors: connect with the certificate that the grant names';
    throw new CocoError('COCO_AUDIT_ANONYMOUS', sentence);
  }
  const { fingerprint, notBeforeMs, notAfterMs } = certificate;
  if (nowMs() >= notBeforeMs && nowMs() <= notAfterMs) return fingerprint;
  throw new CocoError('COCO_AUDIT_CALLER', 'the certificate of this connection is not valid now');
}

/** COCO_AUDIT_REQUEST when the body is no JSON object. */
export function fieldsOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw malformed();
}

/** COCO_AUDIT_REQUEST when it is no sequence number. */
export function seqnoOf(value: unknown): Seqno {
  const number = typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 1) return number;
  throw malformed();
}

export function malformed(): CocoError {
  const sentence = 'this is not what an auditor can ask for: see /node/api';
  return new CocoError('COCO_AUDIT_REQUEST', sentence);
}
