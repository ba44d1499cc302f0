/**
 * What auditors have read: rows of `public:coco.audit.reads`, by "<grant>:<read>", `read` being 16 bytes of the node's choice in hex.
 *
 *     { grant, auditor (hex), node_id, epochs: [number] | tables: [name] with seqnos: { from, to }, at (ms) }
 *
 * Each node that answers an auditor has the primary write its own answer down, and answers when it finds that committed in its
 * own copy of the ledger: neither it nor the primary alone can have a read go unrecorded that honest nodes took part in. Both judge
 * the request; what the primary judges by is the newest there is, so that nothing is read after a revocation.
 */
import type { Reader, Transaction } from '@coco/kv';
import { type NodeId, utf8 } from '@coco/primitives';
import { readNode } from '../nodeRow.js';
import { countOf, isJsonObject, type JsonObject, putRow, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import {
  type AuditGrant,
  type AuditRange,
  epochSpan,
  grantedSeqnos,
  parseAuditRange,
  parseTables,
  readAuditGrant,
} from './auditGrant.js';

export interface AuditRead {
  /** 32 hex digits. */
  readonly id: string;
  /** Id of the grant. */
  readonly grant: string;
  readonly auditor: string;
  /** Who answers. */
  readonly nodeId: NodeId;
  readonly what: AuditedPart;
  /** When, by the clock of the node: milliseconds since 1970. */
  readonly atMs: number;
}

/** The secrets of epochs, or what entries wrote to some tables. */
export type AuditedPart =
  | { readonly epochs: readonly number[] }
  | { readonly tables: readonly string[]; readonly seqnos: AuditRange };

export interface AuditRefusal {
  readonly code: string;
  readonly reason: string;
}

export type AuditReadOutcome =
  | { readonly outcome: 'recorded' }
  | ({ readonly outcome: 'refused' } & AuditRefusal);

/** Of one grant. */
export const auditReadsMax = 1024;
/** Epochs in one read. */
export const auditEpochsMax = 256;

/** By what a read is known. */
export function auditReadKey({ grant, id }: Pick<AuditRead, 'grant' | 'id'>): string {
  return `${grant}:${id}`;
}

/** The read as it is written down. */
export function auditReadRow({ grant, auditor, nodeId, what, atMs }: AuditRead): JsonObject {
  return { grant, auditor, node_id: nodeId, ...what, at: atMs };
}

/** Undefined when `row` is none of a read. */
export function parseAuditRead(id: string, row: unknown): AuditRead | undefined {
  if (!isJsonObject(row) || !/^[0-9a-f]{32}$/.test(id)) return undefined;
  const [grant, auditor, nodeId] = [textOf(row['grant']), textOf(row['auditor']), textOf(row['node_id'])];
  const atMs = countOf(row['at']);
  const what = parsePart(row);
  if (grant === undefined || grant.length > 100 || atMs === undefined || what === undefined) return undefined;
  if (auditor === undefined || nodeId === undefined) return undefined;
  return { id, grant, auditor, nodeId, what, atMs };
}

function parsePart(row: JsonObject): AuditedPart | undefined {
  const { epochs } = row;
  if (epochs !== undefined) {
    const isList = Array.isArray(epochs) && epochs.length > 0 && epochs.length <= auditEpochsMax;
    const isGood = isList && epochs.every((epoch) => (countOf(epoch) ?? 0) >= 1);
    return isGood && new Set(epochs).size === epochs.length ? { epochs } : undefined;
  }
  const [tables, seqnos] = [parseTables(row['tables']), parseAuditRange(row['seqnos'])];
  return tables === undefined || seqnos === undefined ? undefined : { tables, seqnos };
}

/** Why that must not be read by this version of the tables, at this time; undefined when it may. */
export function auditRefusal(
  reader: Reader,
  { grant: id, auditor, what }: Pick<AuditRead, 'grant' | 'auditor' | 'what'>,
  nowMs: number,
): AuditRefusal | undefined {
  const grant = readAuditGrant(reader, id);
  const refusal = grantRefusal(grant, auditor, nowMs);
  if (refusal !== undefined || grant === undefined) return refusal;
  return 'epochs' in what ? epochsRefusal(reader, grant, what.epochs) : tablesRefusal(reader, grant, what);
}

/** Why `auditor` has nothing by this grant; undefined when it has something. */
export function grantRefusal(
  grant: AuditGrant | undefined,
  auditor: string,
  nowMs: number,
): AuditRefusal | undefined {
  if (grant === undefined) {
    return { code: 'COCO_AUDIT_GRANT', reason: 'there is no such grant, or it was revoked' };
  }
  if (grant.auditor !== auditor) {
    const reason = 'the grant is for another certificate than that of this connection';
    return { code: 'COCO_AUDIT_CALLER', reason };
  }
  if (nowMs >= grant.expiresAtMs) {
    return { code: 'COCO_AUDIT_EXPIRED', reason: 'the grant has ended: its time is over' };
  }
  return undefined;
}

function epochsRefusal(
  reader: Reader,
  { tables, epochs: granted }: AuditGrant,
  epochs: readonly number[],
): AuditRefusal | undefined {
  if (tables !== undefined || granted === undefined) {
    return { code: 'COCO_AUDIT_EPOCH', reason: 'the grant is for tables, and not for whole epochs' };
  }
  const outside = epochs.find((epoch) => epoch < granted.from || epoch > granted.to);
  if (outside !== undefined) {
    const those =
      granted.from === granted.to ? `epoch ${granted.from}` : `epochs ${granted.from} to ${granted.to}`;
    return { code: 'COCO_AUDIT_EPOCH', reason: `the grant is for ${those}, and not for epoch ${outside}` };
  }
  // Its secret would open what is written after this was decided, or after a revocation.
  const running = epochs.find((epoch) => epochSpan(reader, epoch)?.to === undefined);
  if (running === undefined) return undefined;
  return { code: 'COCO_AUDIT_RUNNING', reason: `epoch ${running} is not over yet; ask again when it is` };
}

function tablesRefusal(
  reader: Reader,
  grant: AuditGrant,
  { tables, seqnos }: Extract<AuditedPart, { readonly tables: unknown }>,
): AuditRefusal | undefined {
  const other = tables.find((table) => grant.tables?.includes(table) !== true);
  if (other !== undefined) {
    const reason =
      grant.tables === undefined
        ? 'the grant is for whole epochs: the auditor decrypts them itself'
        : `the grant is not for the table ${other}`;
    return { code: 'COCO_AUDIT_TABLE', reason };
  }
  const range = grantedSeqnos(reader, grant);
  if (range !== undefined && seqnos.from >= range.from && seqnos.to <= range.to) return undefined;
  const those =
    range === undefined ? 'entries that are not there yet' : `entries ${range.from} to ${range.to}`;
  return { code: 'COCO_AUDIT_RANGE', reason: `the grant is for ${those}` };
}

/** Writes down what the node is about to answer, or says why it must not. */
export function recordAuditRead(
  transaction: Transaction,
  nodeId: NodeId,
  read: AuditRead,
  nowMs: number,
): AuditReadOutcome {
  const refused = (code: string, reason: string): AuditReadOutcome => ({ outcome: 'refused', code, reason });
  const row = readObject(transaction, governanceTables.nodeInfo, nodeId);
  const node = row === undefined ? undefined : readNode(transaction, nodeId, row);
  const takesPart = node !== undefined && 'node' in node && node.node.status === 'Trusted';
  if (!takesPart || read.nodeId !== nodeId) {
    return refused('COCO_AUDIT_NODE', 'reads are recorded for nodes that take part, each for itself');
  }
  const refusal = auditRefusal(transaction, read, nowMs);
  if (refusal !== undefined) return { outcome: 'refused', ...refusal };
  const key = auditReadKey(read);
  const known = transaction.get(governanceTables.auditReads, utf8(key));
  if (known === undefined && readsOf(transaction, read.grant) >= auditReadsMax) {
    const reason = `${auditReadsMax} reads are recorded for this grant, which is the most: ask for another grant`;
    return refused('COCO_AUDIT_LIMIT', reason);
  }
  if (known === undefined) putRow(transaction, governanceTables.auditReads, key, auditReadRow(read));
  return { outcome: 'recorded' };
}

function readsOf(reader: Reader, grant: string): number {
  // ";" is the character after ":".
  const range = { from: utf8(`${grant}:`), to: utf8(`${grant};`), rowsMax: auditReadsMax };
  return [...reader.range(governanceTables.auditReads, range)].length;
}
