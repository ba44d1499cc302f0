/**
 * Who may read private data without being an actor: rows of `public:coco.audit.grants`, by the id of the grant (that of the
 * proposal; a further grant of the same proposal has ".2" and so on behind it).
 *
 *     { auditor (hex), cert (PEM), name, tables?: [name], epochs?: { from, to } | seqnos?: { from, to }, expires_at (ms) }
 *
 * Ranges have both ends in them. Without `tables` whole epochs are granted: the auditor gets their secrets from M of the actors,
 * and nobody alone could give them. With `tables` a node opens the entries, and gives what they wrote to those tables.
 */
import type { Reader } from '@coco/kv';
import type { Seqno } from '@coco/primitives';
import { readEpoch } from '../networkKey/epochs.js';
import { countOf, isJsonObject, type JsonObject, objectRows, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';

export interface AuditGrant {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the auditor's certificate (DER): hex. */
  readonly auditor: string;
  readonly certificatePem: string;
  /** Absent: all of the epochs. */
  readonly tables?: readonly string[];
  /** One of the two is there; `epochs` where `tables` is absent. */
  readonly epochs?: AuditRange;
  readonly seqnos?: AuditRange;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** From 1 on, both ends included. */
export interface AuditRange {
  readonly from: number;
  readonly to: number;
}

/** Undefined when there is none, or none that is well-formed. */
export function readAuditGrant(reader: Reader, id: string): AuditGrant | undefined {
  const row = readObject(reader, governanceTables.auditGrants, id);
  return row === undefined ? undefined : parseAuditGrant(id, row);
}

/** All that are well-formed. */
export function readAuditGrants(reader: Reader): readonly AuditGrant[] {
  const rows = [...objectRows(reader, governanceTables.auditGrants)];
  return rows.flatMap(([id, row]) => parseAuditGrant(id, row) ?? []);
}

/** Undefined when the row is no grant. */
export function parseAuditGrant(id: string, row: JsonObject): AuditGrant | undefined {
  const [name, auditor, certificatePem] = [textOf(row['name']), textOf(row['auditor']), textOf(row['cert'])];
  const expiresAtMs = countOf(row['expires_at']);
  const [epochs, seqnos] = [parseAuditRange(row['epochs']), parseAuditRange(row['seqnos'])];
  const tables = row['tables'] === undefined ? undefined : parseTables(row['tables']);
  if (name === undefined || auditor === undefined || certificatePem === undefined) return undefined;
  if (expiresAtMs === undefined || (tables === undefined) !== (row['tables'] === undefined)) return undefined;
  const about = { id, name, auditor, certificatePem, expiresAtMs, ...(tables !== undefined && { tables }) };
  if (epochs !== undefined && row['seqnos'] === undefined) return { ...about, epochs };
  const hasSeqnos = seqnos !== undefined && row['epochs'] === undefined && tables !== undefined;
  return hasSeqnos ? { ...about, seqnos } : undefined;
}

/** Undefined when `value` is no range. */
export function parseAuditRange(value: unknown): AuditRange | undefined {
  const [from, to] = isJsonObject(value) ? [countOf(value['from']), countOf(value['to'])] : [];
  return from === undefined || to === undefined || from < 1 || to < from ? undefined : { from, to };
}

/** Undefined when `value` is no list of names of tables. */
export function parseTables(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > 64) return undefined;
  return value.every((name) => typeof name === 'string' && name !== '' && name.length <= 256)
    ? (value as string[])
    : undefined;
}

/** The entries of an epoch; undefined when the ledger does not know it. `to` is absent while it is not over. */
export function epochSpan(
  reader: Reader,
  epoch: number,
): { readonly from: Seqno; readonly to?: Seqno } | undefined {
  const from = epoch === 1 ? 1 : readEpoch(reader, epoch)?.from;
  if (from === undefined) return undefined;
  const next = readEpoch(reader, epoch + 1)?.from;
  return { from, ...(next !== undefined && { to: next - 1 }) };
}

/** The entries of which a grant lets something be read, as far as the ledger knows; undefined when there are none yet. */
export function grantedSeqnos(reader: Reader, { epochs, seqnos }: AuditGrant): AuditRange | undefined {
  if (epochs === undefined) return seqnos;
  const from = epochSpan(reader, epochs.from)?.from;
  if (from === undefined) return undefined;
  return { from, to: epochSpan(reader, epochs.to)?.to ?? Number.MAX_SAFE_INTEGER };
}
