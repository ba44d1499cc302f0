/**
 * Who may have secrets of the ledger (CONF-3, CONF-4): a node on the VN list that takes part, or that is to join by a tuple that
 * its actor signed; not one that was removed, nor one that is out of the network for now. What it runs it proves in the request itself.
 */
import { governanceTables, isQuarantined, type NetworkView, verifyNodeTuple } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { fromUtf8, type NodeId, utf8 } from '@coco/primitives';

export interface SecretsRefusal {
  readonly code: 'COCO_SECRETS_UNLISTED' | 'COCO_SECRETS_REMOVED' | 'COCO_SECRETS_LEASE';
  readonly sentence: string;
}

/** Why `nodeId` may not have them by this version of the tables; undefined when it may. */
export function secretsRefusal(
  view: NetworkView,
  reader: Reader,
  nodeId: NodeId,
): SecretsRefusal | undefined {
  const node = view.nodes.find((one) => one.nodeId === nodeId);
  if (node === undefined) {
    return { code: 'COCO_SECRETS_UNLISTED', sentence: 'secrets of the ledger are for nodes on the VN list' };
  }
  const { lease } = node;
  // Members may distrust a node while it still takes part: by its lease it is out already.
  if (isQuarantined(node) || (node.status !== 'Retired' && lease !== undefined && lease.state !== 'held')) {
    const why = lease?.reason?.sentence ?? 'its lease is over';
    const sentence = `this node is out of the network until it renews its lease, and gets no secrets: ${why}`;
    return { code: 'COCO_SECRETS_LEASE', sentence };
  }
  if (node.status === 'Retired') {
    const sentence = 'this node was removed from the network, and gets no secrets any more';
    return { code: 'COCO_SECRETS_REMOVED', sentence };
  }
  if (node.status === 'Pending' && !holdsTuple(reader, nodeId)) {
    const sentence = 'the tuple of this node on the VN list does not hold';
    return { code: 'COCO_SECRETS_UNLISTED', sentence };
  }
  return undefined;
}

/** Whoever forged a row of the VN list must not get secrets by it. */
function holdsTuple(reader: Reader, nodeId: NodeId): boolean {
  const row = reader.get(governanceTables.nodeTuples, utf8(nodeId));
  const verdict = verifyNodeTuple(reader, row === undefined ? undefined : parse(row));
  return verdict.outcome === 'good' && verdict.tuple.nodeId === nodeId;
}

function parse(row: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(row) ?? '');
  } catch {
    return undefined;
  }
}
