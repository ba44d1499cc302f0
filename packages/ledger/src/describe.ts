/**
 * What can be said of an entry by whoever has no key: what consensus needs, from bounded parsing.
 */
import type { TableChanges } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import { nextConfiguration, nodeChanges } from './configuration.js';
import { type EntryLayout, flagChunkAfter, parseEntry } from './entry.js';
import { decodeMaps } from './maps.js';
import { ledgerTables, singletonValue } from './tables.js';
import type { EntryDescription } from './types.js';

/** How to describe an entry. */
export interface DescribeOptions {
  /** Larger entries are refused. Default 64 MiB. */
  readonly entryBytesMax?: number;
  /**
   * The trusted nodes before this entry: the `configuration` of the last entry before it that has one, or
   * `Ledger.configurationAt`. Default none, and then `configuration` has only the nodes that this entry itself makes
   * trusted: right for the first entry of a network.
   */
  readonly configuration?: readonly NodeId[];
}

/**
 * Describes a whole entry from its header and public domain, whose sequence numbers must agree. Throws
 * COCO_LEDGER_ENTRY_MALFORMED, COCO_LEDGER_ENTRY_SNAPSHOT, COCO_LEDGER_MAPS_MALFORMED, COCO_LEDGER_NODES_MALFORMED.
 */
export function describeEntry(bytes: Uint8Array, options: DescribeOptions = {}): EntryDescription {
  return describeLayout(parseEntry(bytes, options.entryBytesMax), options.configuration);
}

/** Describes an entry that is already taken apart. */
export function describeLayout(layout: EntryLayout, current: readonly NodeId[] = []): EntryDescription {
  const { view, seqno, publicMaps, bytes, flags } = layout;
  const tables = decodeMaps(publicMaps, { wanted: (table) => telling.has(table) });
  const signature = tables.some(isSignature);
  const nodesInfo = tables.find(({ table }) => table === ledgerTables.nodesInfo);
  const nodes = nodesInfo === undefined ? [] : nodeChanges(nodesInfo);
  const configuration = nodes.length === 0 ? undefined : nextConfiguration(current, nodes);
  const secretRow = singletonValue(tables, ledgerTables.ledgerSecrets);
  const gone = nodes.filter(({ retiredCommitted }) => retiredCommitted).map(({ nodeId }) => nodeId);
  return {
    view,
    seqno,
    size: bytes.length,
    signature,
    ...(nodes.length > 0 && { nodes }),
    ...(configuration !== undefined && { configuration }),
    ...(gone.length > 0 && { retiredCommitted: gone }),
    ...(secretRow !== undefined && { secretRow }),
    ...((flags & flagChunkAfter) !== 0 && { endsChunk: true }),
  };
}

const telling: ReadonlySet<string> = new Set([
  ledgerTables.signatures,
  ledgerTables.coseSignatures,
  ledgerTables.nodesInfo,
  ledgerTables.ledgerSecrets,
]);

function isSignature({ table, puts }: TableChanges): boolean {
  return (table === ledgerTables.signatures || table === ledgerTables.coseSignatures) && puts.length > 0;
}
