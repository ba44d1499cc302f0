/**
 * Whether what was executed again is what was recorded, and in which rows it is not (MIT-3). Values are in no case told.
 *
 *   digest of an entry = SHA-256(SHA-256(public domain) ‖ SHA-256(private domain) ‖ claims digest, or 32 zeros)
 */
import { type Difference, differingKeyBytesMax, differingRowsMax } from '@coco/adapter';
import { sha256 } from '@coco/crypto';
import type { TableChanges } from '@coco/kv';
import { decodeMaps } from '@coco/ledger';
import { compareBytes, equalBytes, toHex } from '@coco/primitives';

/** What an entry wrote and claims: encoded map lists of both domains. */
export interface RecordedEntry {
  readonly publicMaps: Uint8Array;
  readonly privateMaps: Uint8Array;
  readonly claimsDigest?: Uint8Array;
}

const noClaims = new Uint8Array(32);

/** Undefined when they are the same, byte for byte. */
export function differenceOf(recorded: RecordedEntry, reexecuted: RecordedEntry): Difference | undefined {
  const claims = !equalBytes(recorded.claimsDigest ?? noClaims, reexecuted.claimsDigest ?? noClaims);
  const domains = [
    [recorded.publicMaps, reexecuted.publicMaps],
    [recorded.privateMaps, reexecuted.privateMaps],
  ] as const;
  const differing = domains.filter(([one, other]) => !equalBytes(one, other));
  if (!claims && differing.length === 0) return undefined;
  const rows = differing.flatMap(([one, other]) => differingRows(decodeMaps(one), decodeMaps(other)));
  return {
    recorded: entryDigest(recorded),
    reexecuted: entryDigest(reexecuted),
    claims,
    rowCount: rows.length,
    rows: rows.slice(0, differingRowsMax).map(({ table, key }) => ({
      table,
      key: key.slice(0, differingKeyBytesMax),
    })),
  };
}

/** See above. */
export function entryDigest({ publicMaps, privateMaps, claimsDigest = noClaims }: RecordedEntry): Uint8Array {
  return sha256(sha256(publicMaps), sha256(privateMaps), claimsDigest);
}

interface Row {
  readonly table: string;
  readonly key: Uint8Array;
  /** Undefined: it is removed. */
  readonly value: Uint8Array | undefined;
}

/** Rows that only one of them writes, or to which they write different values; ascending. */
function differingRows(one: readonly TableChanges[], other: readonly TableChanges[]): readonly Row[] {
  const left = rowsOf(other);
  const found: Row[] = [];
  for (const [name, row] of rowsOf(one)) {
    const match = left.get(name);
    left.delete(name);
    if (match === undefined || !sameValue(row.value, match.value)) found.push(row);
  }
  return [...found, ...left.values()].toSorted((a, b) =>
    a.table === b.table ? compareBytes(a.key, b.key) : a.table < b.table ? -1 : 1,
  );
}

function rowsOf(tables: readonly TableChanges[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  const add = (row: Row): void => void rows.set(`${toHex(row.key)} ${row.table}`, row);
  for (const { table, puts, removes } of tables) {
    for (const { key, value } of puts) add({ table, key, value });
    for (const key of removes) add({ table, key, value: undefined });
  }
  return rows;
}

function sameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
