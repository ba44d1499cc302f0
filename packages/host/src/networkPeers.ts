/**
 * Whom a node connects to: every node that has a part in consensus, by the newest view or by the committed one.
 */
import { isQuarantined, type NetworkView } from '@coco/governance';
import { parseAddress } from './address.js';
import type { KnownNode } from './peers.js';

/**
 * Trusted nodes, and retired ones until the record that their retirement is committed is committed itself: until then a
 * primary that leaves has something to say, and be it only who is to lead after it.
 *
 * Whoever is quarantined is none of them: for the primary, from the moment that is in its log, and so it gets nothing that is written
 * after it (MIT-2); for the others once it is committed, and the log does not take it back. A backup sends no entries, and one that
 * shut out by what may still be rolled back, or has been overtaken by a return, could be the vote that an election lacks.
 */
export function networkPeers(
  head: NetworkView,
  committed: NetworkView,
  isPrimary: boolean,
): readonly KnownNode[] {
  const known = new Map<string, KnownNode>();
  for (const { nodes } of [committed, head]) {
    for (const { nodeId, status, retiredCommitted, peerAddress } of nodes) {
      const takesPart = status === 'Trusted' || (status === 'Retired' && !retiredCommitted);
      const address = takesPart ? parseAddress(peerAddress) : undefined;
      if (address !== undefined) known.set(nodeId, { nodeId, address });
    }
  }
  const settled = new Set(committed.nodes.filter(isQuarantined).map(({ nodeId }) => nodeId));
  for (const node of head.nodes) {
    if (isQuarantined(node) && (isPrimary || settled.has(node.nodeId))) known.delete(node.nodeId);
  }
  return [...known.values()];
}
