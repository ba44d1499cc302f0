/**
 * Whose tables an entry writes: governance tables are the manager's alone (ARC-3), all others are the worker's. Which
 * they are shows in their names; an entry without governance tables is passed on as it came.
 */
import type { TableChanges } from '@coco/kv';
import { decodeMaps, encodeMaps } from '@coco/ledger';

/** The public tables of one entry, by whose they are. */
export interface DividedMaps {
  /** As they stand in the entry; their rows share its memory. */
  readonly governance: readonly TableChanges[];
  /** Encoded, as the worker gets them. */
  readonly application: Uint8Array;
}

/** Divides the public domain of an entry. COCO_LEDGER_MAPS_MALFORMED when it is none. */
export function divideMaps(publicMaps: Uint8Array): DividedMaps {
  const governance = governanceMaps(publicMaps);
  if (governance.length === 0) return { governance, application: publicMaps };
  const others = decodeMaps(publicMaps, { wanted: (table) => !isGovernanceTable(table) });
  return { governance, application: encodeMaps(others.filter(hasRows)) };
}

/** The governance tables in the public domain of an entry. COCO_LEDGER_MAPS_MALFORMED when it is none. */
export function governanceMaps(publicMaps: Uint8Array): readonly TableChanges[] {
  return publicMaps.length === 0 ? [] : decodeMaps(publicMaps, { wanted: isGovernanceTable });
}

/** The public domain of an entry that writes `governance` tables besides those of the worker. */
export function mergeMaps(governance: readonly TableChanges[], application: Uint8Array): Uint8Array {
  if (governance.length === 0) return application;
  const tables = [...governance, ...decodeMaps(application)];
  return encodeMaps(tables.toSorted((a, b) => (a.table < b.table ? -1 : 1)));
}

export function isGovernanceTable(table: string): boolean {
  return table.startsWith('public:ccf.') || table.startsWith('public:coco.');
}

/** What the signature transactions write, which nobody but the ledger reads. */
export function isLedgerTable(table: string): boolean {
  return ledgerTables.has(table);
}

const ledgerTables: ReadonlySet<string> = new Set([
  'public:ccf.internal.cose_signatures',
  'public:ccf.internal.signatures',
  'public:ccf.internal.tree',
]);

function hasRows({ puts, removes }: TableChanges): boolean {
  return puts.length + removes.length > 0;
}
