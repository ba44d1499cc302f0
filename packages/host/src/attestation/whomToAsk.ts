/**
 * Where a node asks for what only the primary does.
 */
import type { ReplicaStatus } from '@coco/replica';
import { type Address, parseAddress } from '../address.js';
import { distinctAddresses } from '../askNetwork.js';
import type { NodeIdentity } from '../nodeIdentity.js';
import type { NodeNetwork } from '../nodeNetwork.js';

export interface WhomToAsk {
  readonly identity: Pick<NodeIdentity, 'nodeId'>;
  readonly network: Pick<NodeNetwork, 'committed'>;
  readonly status: () => Pick<ReplicaStatus, 'consensus'>;
  /** This node's own administrative door; undefined before it is open. */
  readonly door: () => Address | undefined;
  /** Also asked. */
  readonly joinPeer?: Address;
}

/** The primary first, which may be this node itself; then all others. */
export function whomToAsk({ identity, network, status, door, joinPeer }: WhomToAsk): readonly Address[] {
  const { consensus } = status();
  const own = door();
  const primary = consensus.leadership === 'Leader' ? identity.nodeId : consensus.primary;
  if (primary === identity.nodeId && own !== undefined) return [own];
  const others = network.committed.nodes.filter(
    ({ nodeId, status: is }) => nodeId !== identity.nodeId && is === 'Trusted',
  );
  const first = others.filter(({ nodeId }) => nodeId === primary);
  const addresses = [...first, ...others].map(({ administrativeAddress }) =>
    parseAddress(administrativeAddress),
  );
  return distinctAddresses([...addresses, joinPeer, own]);
}
