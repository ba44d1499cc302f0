/**
 * Who is in the network, derived from what was written: the rows of `public:ccf.gov.nodes.info` that an entry sets
 * or removes. A write set names only the nodes that it changes, so the configuration that an entry leaves behind
 * follows from the one before it.
 */
import type { TableChanges } from '@coco/kv';
import { CocoError, fromUtf8, type NodeId } from '@coco/primitives';
import type { NodeChange, NodeStatus } from './types.js';

/** Ids of the trusted nodes, ascending, after `changes`, when `current` were before; undefined when it is the same set. */
export function nextConfiguration(
  current: readonly NodeId[],
  changes: readonly NodeChange[],
): readonly NodeId[] | undefined {
  const trusted = new Set(current);
  for (const { nodeId, status } of changes) {
    if (status === 'Trusted') trusted.add(nodeId);
    else trusted.delete(nodeId);
  }
  const same = trusted.size === current.length && current.every((id) => trusted.has(id));
  return same ? undefined : [...trusted].sort();
}

/** The retired nodes whose retirement is not recorded as committed, ascending, after `changes`, when `current` were. */
export function nextLeaving(current: readonly NodeId[], changes: readonly NodeChange[]): readonly NodeId[] {
  const leaving = new Set(current);
  for (const { nodeId, status, retiredCommitted } of changes) {
    if (status === 'Retired' && retiredCommitted !== true) leaving.add(nodeId);
    else leaving.delete(nodeId);
  }
  return [...leaving].sort();
}

/**
 * What an entry's changes to the nodes' table say, in the order of ids. Throws COCO_LEDGER_NODES_MALFORMED for a row
 * that is not a node.
 */
export function nodeChanges({
  puts,
  removes,
}: Pick<TableChanges, 'puts' | 'removes'>): readonly NodeChange[] {
  const changes: NodeChange[] = puts.map(({ key, value }) => ({ nodeId: nodeIdOf(key), ...readNode(value) }));
  for (const key of removes) changes.push({ nodeId: nodeIdOf(key) });
  return changes.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

/** The status in a row of the nodes' table. Throws COCO_LEDGER_NODES_MALFORMED. */
export function nodeStatus(value: Uint8Array): NodeStatus {
  return readNode(value).status;
}

function readNode(value: Uint8Array): { readonly status: NodeStatus; readonly retiredCommitted?: true } {
  let row: unknown;
  try {
    row = JSON.parse(fromUtf8(value) ?? '');
  } catch {
    throw malformed('a row of the nodes table is not JSON');
  }
  const { status, retired_committed } = (typeof row === 'object' && row !== null ? row : {}) as {
    readonly status?: unknown;
    readonly retired_committed?: unknown;
  };
  if (status !== 'Pending' && status !== 'Trusted' && status !== 'Retired') {
    throw malformed('a row of the nodes table has no known status');
  }
  return { status, ...(status === 'Retired' && retired_committed === true && { retiredCommitted: true }) };
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
