/**
 * Whom a node connects to: every node of the newest view that still has a part in consensus.
 */
import type { NetworkView } from '@coco/governance';
import { parseAddress } from './address.js';
import type { KnownNode } from './peers.js';

/** Trusted nodes, and retired ones until their retirement is recorded as committed. */
export function networkPeers({ nodes }: NetworkView): readonly KnownNode[] {
  return nodes.flatMap(({ nodeId, status, retiredCommitted, peerAddress }) => {
    const takesPart = status === 'Trusted' || (status === 'Retired' && !retiredCommitted);
    const address = takesPart ? parseAddress(peerAddress) : undefined;
    return address === undefined ? [] : [{ nodeId, address }];
  });
}
