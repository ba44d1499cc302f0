/**
 * Whose tables an entry writes: governance tables are the manager's alone (ARC-3), all others are the worker's. Which
 * they are shows in their names; an entry without governance tables is passed on as it came.
 *
 * Private tables of governance are written by the manager alone, in entries of its own, which the worker has no part in. So the
 * first table of a private domain says of all whose they are, and the rows of large batches are not gone through for that.
 */
import type { TableChanges } from '@coco/kv';
import { decodeMaps, encodeMaps, firstTable } from '@coco/ledger';

/** Both domains of an entry, encoded. */
export interface EntryMaps {
  readonly publicMaps: Uint8Array;
  readonly privateMaps: Uint8Array;
}

/** The tables of one entry, by whose they are. */
export interface DividedMaps {
  /** As they stand in the entry, ascending by name; their rows share its memory. */
  readonly governance: readonly TableChanges[];
  /** As the worker gets them. */
  readonly application: EntryMaps;
}

/** Divides an entry. COCO_LEDGER_MAPS_MALFORMED when it is none. */
export function divideMaps({ publicMaps, privateMaps }: EntryMaps): DividedMaps {
  const [shown, hidden] = [divideDomain(publicMaps), dividePrivate(privateMaps)];
  return {
    governance: [...hidden.governance, ...shown.governance],
    application: { publicMaps: shown.application, privateMaps: hidden.application },
  };
}

interface DividedDomain {
  readonly governance: readonly TableChanges[];
  readonly application: Uint8Array;
}

function dividePrivate(maps: Uint8Array): DividedDomain {
  const first = firstTable(maps);
  return first !== undefined && isGovernanceTable(first)
    ? divideDomain(maps)
    : { governance: [], application: maps };
}

function divideDomain(maps: Uint8Array): DividedDomain {
  const governance = maps.length === 0 ? [] : decodeMaps(maps, { wanted: isGovernanceTable });
  if (governance.length === 0) return { governance, application: maps };
  const others = decodeMaps(maps, { wanted: (table) => !isGovernanceTable(table) });
  return { governance, application: encodeMaps(others.filter(hasRows)) };
}

/** The public domain of an entry that writes `governance` tables besides those of the worker. */
export function mergeMaps(governance: readonly TableChanges[], application: Uint8Array): Uint8Array {
  if (governance.length === 0) return application;
  const tables = [...governance, ...decodeMaps(application)];
  return encodeMaps(tables.toSorted((a, b) => (a.table < b.table ? -1 : 1)));
}

export function isGovernanceTable(table: string): boolean {
  return table.startsWith('public:ccf.') || table.startsWith('public:coco.') || table.startsWith('coco.');
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
