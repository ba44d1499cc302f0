/**
 * Who is in the network, derived from what was written: the rows of `public:ccf.gov.nodes.info` that an entry sets
 * or removes. A write set names only the nodes that it changes, so the configuration that an entry leaves behind
 * follows from the one before it.
 */
import { CocoError, fromUtf8, type NodeId } from '@coco/primitives';
import { decodeMaps } from './maps.js';
import { ledgerTables } from './tables.js';

/**
 * Ids of the trusted nodes, ascending, after an entry with `publicMaps`, when `current` were trusted before it; or
 * undefined when the set stays the same. Throws COCO_LEDGER_MAPS_MALFORMED, and COCO_LEDGER_NODES_MALFORMED for a
 * row that is not a node.
 */
export function nextConfiguration(
  current: readonly NodeId[],
  publicMaps: Uint8Array,
): readonly NodeId[] | undefined {
  const [changes] = decodeMaps(publicMaps, { wanted: (table) => table === ledgerTables.nodesInfo });
  if (changes === undefined) return undefined;
  const trusted = new Set(current);
  for (const { key, value } of changes.puts) {
    const id = nodeIdOf(key);
    if (nodeStatus(value) === 'Trusted') trusted.add(id);
    else trusted.delete(id);
  }
  for (const key of changes.removes) trusted.delete(nodeIdOf(key));
  const same = trusted.size === current.length && current.every((id) => trusted.has(id));
  return same ? undefined : [...trusted].sort();
}

/** Where a node is in its life. A retired node may still sign until its retirement is committed. */
export type NodeStatus = 'Pending' | 'Trusted' | 'Retired';

/** The status in a row of the nodes' table. Throws COCO_LEDGER_NODES_MALFORMED. */
export function nodeStatus(value: Uint8Array): NodeStatus {
  let row: unknown;
  try {
    row = JSON.parse(fromUtf8(value) ?? '');
  } catch {
    throw malformed('a row of the nodes table is not JSON');
  }
  const status = typeof row === 'object' && row !== null && 'status' in row ? row.status : undefined;
  if (status === 'Pending' || status === 'Trusted' || status === 'Retired') return status;
  throw malformed('a row of the nodes table has no known status');
}

const nodeIdPattern = /^[0-9a-f]{64}$/;

/** The node that a row's key names. Throws COCO_LEDGER_NODES_MALFORMED. */
export function nodeIdOf(key: Uint8Array): NodeId {
  const id = fromUtf8(key) ?? '';
  if (!nodeIdPattern.test(id)) throw malformed('a row of the nodes table has a key that is no node id');
  return id;
}

function malformed(sentence: string): CocoError {
  return new CocoError('COCO_LEDGER_NODES_MALFORMED', sentence);
}
