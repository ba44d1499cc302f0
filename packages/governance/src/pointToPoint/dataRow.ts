/**
 * What the ledger knows of data that goes point to point (CONF-6): never the data itself. A row of the private table `coco.data`, by
 * the digest of the data in hex:
 *
 *     { version: 1, parties: [ids, ascending], by, size, recorded_at, expires_at?, expires_at_seqno?,
 *       purged?: { by, at } }
 *
 * `by` and `parties` are actors, of whom `by` is one; times are milliseconds since 1970. The row stays when the data is gone.
 *
 * The digest is SHA-256 over 32 random bytes and the data: without those bytes, which only the parties have, nobody can tell
 * from the digest whether a guess of the data is right, nor that the same was sent twice.
 */
import { sha256 } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { assert, type Seqno, toHex } from '@coco/primitives';
import { countOf, isJsonObject, type JsonObject, objectRows, putRow, readObject } from '../rows.js';
import { governanceTables } from '../tables.js';

export interface DataRow {
  /** Ids of the actors whose nodes have the data, ascending. */
  readonly parties: readonly string[];
  /** The party that brought it. */
  readonly by: string;
  /** Bytes. */
  readonly size: number;
  readonly recordedAtMs: number;
  /** The nodes let go of it at this time, or when this entry is committed; whichever comes first. */
  readonly expiresAtMs?: number;
  readonly expiresAtSeqno?: Seqno;
  /** A party had it purged. */
  readonly purged?: { readonly by: string; readonly atMs: number };
}

export const dataPartiesMax = 64;
export const dataBytesMax = 4 * 2 ** 20;
export const dataSaltBytes = 32;

const version = 1;
const idPattern = /^[0-9a-f]{64}$/;

/** By what the ledger knows `body`: lower-case hex. */
export function dataDigest(salt: Uint8Array, body: Uint8Array): string {
  assert(salt.length === dataSaltBytes, 'a salt has 32 bytes');
  return toHex(sha256(salt, body));
}

/** True for the form of digests, and of the ids of actors. */
export function isDataId(text: unknown): text is string {
  return typeof text === 'string' && idPattern.test(text);
}

/** The row of `digest`; undefined when there is none that is well-formed. */
export function readDataRow(reader: Reader, digest: string): DataRow | undefined {
  const row = readObject(reader, governanceTables.pointToPoint, digest);
  return row === undefined ? undefined : parseDataRow(row);
}

/** All of them, by digest. */
export function* dataRows(reader: Reader): Generator<readonly [digest: string, row: DataRow]> {
  for (const [digest, value] of objectRows(reader, governanceTables.pointToPoint)) {
    const row = isDataId(digest) ? parseDataRow(value) : undefined;
    if (row !== undefined) yield [digest, row];
  }
}

export function writeDataRow(transaction: Transaction, digest: string, row: DataRow): void {
  const { parties, by, size, recordedAtMs, expiresAtMs, expiresAtSeqno, purged } = row;
  putRow(transaction, governanceTables.pointToPoint, digest, {
    version,
    parties,
    by,
    size,
    recorded_at: recordedAtMs,
    ...(expiresAtMs !== undefined && { expires_at: expiresAtMs }),
    ...(expiresAtSeqno !== undefined && { expires_at_seqno: expiresAtSeqno }),
    ...(purged !== undefined && { purged: { by: purged.by, at: purged.atMs } }),
  });
}

/** What a row, or a request for one, says of the data and of whom it is for; undefined when it is over a limit or malformed. */
export function parseDataFields(
  row: JsonObject,
): Pick<DataRow, 'parties' | 'by' | 'size' | 'expiresAtMs' | 'expiresAtSeqno'> | undefined {
  const { parties, by } = row;
  const size = countOf(row['size']);
  if (!Array.isArray(parties) || parties.length === 0 || parties.length > dataPartiesMax) return undefined;
  if (!parties.every(isDataId) || parties.some((id, at) => at > 0 && id <= (parties[at - 1] ?? '')))
    return undefined;
  if (!isDataId(by) || !parties.includes(by) || size === undefined || size > dataBytesMax) return undefined;
  const [expiresAtMs, expiresAtSeqno] = [optional(row, 'expires_at'), optional(row, 'expires_at_seqno')];
  if (expiresAtMs === 'malformed' || expiresAtSeqno === 'malformed') return undefined;
  return {
    parties,
    by,
    size,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(expiresAtSeqno !== undefined && { expiresAtSeqno }),
  };
}

function optional(row: JsonObject, field: string): number | undefined | 'malformed' {
  return row[field] === undefined ? undefined : (countOf(row[field]) ?? 'malformed');
}

function parseDataRow(row: JsonObject): DataRow | undefined {
  const fields = row['version'] === version ? parseDataFields(row) : undefined;
  const recordedAtMs = countOf(row['recorded_at']);
  if (fields === undefined || recordedAtMs === undefined) return undefined;
  const { purged } = row;
  if (purged === undefined) return { ...fields, recordedAtMs };
  const atMs = isJsonObject(purged) ? countOf(purged['at']) : undefined;
  const by = isJsonObject(purged) ? purged['by'] : undefined;
  return atMs === undefined || !isDataId(by) ? undefined : { ...fields, recordedAtMs, purged: { by, atMs } };
}
