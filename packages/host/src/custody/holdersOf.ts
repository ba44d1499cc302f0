/**
 * Whom to ask for partial decryptions: every node that may be up and hold a share of its actor's. One whose lease has lapsed does:
 * asking tells it nothing, and what it answers is proved. Nodes that this one was told of when it last heard of the network are
 * asked as well, for its own ledger may end before they came, or moved.
 */
import { isQuarantined, type NetworkView } from '@coco/governance';
import type { NodeId } from '@coco/primitives';
import type { PeerNode } from '../nodeSecrets.js';
import type { Askable } from './gatherSecrets.js';

/** All but `self` and those that were removed; those of the ledger first. */
export function holdersOf(
  { nodes }: Pick<NetworkView, 'nodes'>,
  self: NodeId,
  told: readonly PeerNode[] = [],
): readonly Askable[] {
  const listed = new Map(nodes.map((node) => [node.nodeId, node]));
  const addresses = new Set(nodes.map((node) => `${node.nodeId} ${node.administrativeAddress}`));
  const isUp = (nodeId: NodeId): boolean => {
    const node = listed.get(nodeId);
    return nodeId !== self && (node === undefined || node.status !== 'Retired' || isQuarantined(node));
  };
  const moved = told.filter((node) => !addresses.has(`${node.nodeId} ${node.administrativeAddress}`));
  return [...nodes, ...moved.map((node) => askable(node, listed.get(node.nodeId)?.actorId))].filter(
    ({ nodeId }) => isUp(nodeId),
  );
}

function askable({ nodeId, administrativeAddress }: PeerNode, actorId: string | undefined): Askable {
  return { nodeId, administrativeAddress, ...(actorId !== undefined && { actorId }) };
}
