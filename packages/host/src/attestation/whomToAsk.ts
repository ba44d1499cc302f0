/**
 * Where a node asks for what the primary does for it, and as whom.
 */
import { parseCertificate } from '@coco/crypto';
import type { ReplicaStatus } from '@coco/replica';
import { type Address, parseAddress } from '../address.js';
import { distinctAddresses } from '../askNetwork.js';
import type { NodeIdentity } from '../nodeIdentity.js';
import type { NodeNetwork } from '../nodeNetwork.js';
import type { Pin } from '../pinnedRequest.js';

export interface Asker {
  readonly identity: NodeIdentity;
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
  readonly network: Pick<NodeNetwork, 'committed' | 'certificatePem' | 'leaseSeconds'>;
  readonly status: () => ReplicaStatus;
  /** This node's own administrative door; undefined before it is open. */
  readonly door: () => Address | undefined;
  /** Also asked. */
  readonly joinPeer?: Address;
}

/** The primary first, which may be this node itself; then all others. */
export function whomToAsk({ identity, network, status, door, joinPeer }: Asker): readonly Address[] {
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

/** As this node, trusting the service. */
export function ownPin({ identity, serviceFingerprint, network }: Asker, signal: AbortSignal): Pin {
  const certificate = parseCertificate(network.certificatePem);
  return {
    serviceFingerprint,
    identity: { key: identity.key, certificate },
    // A primary that hangs must not be waited for until the lease is over.
    timeoutMs: Math.min(60_000, Math.max(2000, (network.leaseSeconds * 1000) / 3)),
    nowMs: Date.now,
    signal,
  };
}
