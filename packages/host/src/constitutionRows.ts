/**
 * A constitution as it is handed from a node to one that wants to join: the rows of the policy tables, as JSON. The reader
 * calculates the digest, the summary that people are shown, and the manifests from them, so that all three belong together.
 *
 *     {digest, tables: {name: [[key, value], …]}}      keys and values in base64, ascending by key
 */
import type { Manifests } from '@coco/attestation';
import {
  type ConstitutionSummary,
  constitutionDigest,
  constitutionSummary,
  policyTables,
  readManifests,
} from '@coco/governance';
import { createStore, type Put, type Reader } from '@coco/kv';
import { CocoError, compareBytes, fromBase64, fromUtf8, toBase64 } from '@coco/primitives';

export interface ReadConstitution {
  /** Calculated from the rows. */
  readonly digest: string;
  readonly summary: ConstitutionSummary;
  readonly manifests: Manifests;
}

const rowsMax = 1_000_000;

export function constitutionRowsJson(reader: Reader): Readonly<Record<string, unknown>> {
  const tables = policyTables.map((table) => {
    const rows = [...reader.range(table)].map(({ key, value }) => [toBase64(key), toBase64(value)]);
    return [table, rows] as const;
  });
  return Object.fromEntries(tables.filter(([, rows]) => rows.length > 0));
}

/** COCO_JOIN_ANSWER when `body` is no constitution. */
export function readConstitutionRows(body: Uint8Array): ReadConstitution {
  const tables = tablesIn(body);
  const changes = policyTables.flatMap((table) => {
    const rows = tables[table];
    return rows === undefined ? [] : [{ table, puts: putsOf(rows), removes: [] }];
  });
  const store = createStore();
  try {
    store.apply(changes, 1);
    const reader = store.read(1);
    return {
      digest: constitutionDigest(reader),
      summary: constitutionSummary(reader),
      manifests: readManifests(reader),
    };
  } catch (error) {
    if (error instanceof CocoError) throw malformed(error.message);
    throw error;
  }
}

function tablesIn(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const { tables } = JSON.parse(fromUtf8(body) ?? '') as { readonly tables?: unknown };
    if (typeof tables === 'object' && tables !== null && !Array.isArray(tables))
      return tables as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw malformed('tables');
}

function putsOf(rows: unknown): readonly Put[] {
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > rowsMax) throw malformed('rows');
  const puts = rows.map((row: unknown) => {
    const [key, value] = Array.isArray(row) ? row : [];
    const put = {
      key: typeof key === 'string' ? fromBase64(key) : undefined,
      value: typeof value === 'string' ? fromBase64(value) : undefined,
    };
    if (put.key === undefined || put.value === undefined) throw malformed('a row');
    return { key: put.key, value: put.value };
  });
  for (const [index, { key }] of puts.entries()) {
    const before = puts[index - 1];
    if (before !== undefined && compareBytes(before.key, key) >= 0) throw malformed('the order of rows');
  }
  return puts;
}

function malformed(field: string): CocoError {
  return new CocoError(
    'COCO_JOIN_ANSWER',
    `the constitution that the node shows is not understood: ${field}`,
    { field },
  );
}
