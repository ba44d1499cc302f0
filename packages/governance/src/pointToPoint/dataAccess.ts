/**
 * Who has part in data that goes point to point (CONF-6), and until when: from its row and the network as committed, alone.
 */
import type { Caller } from '@coco/adapter';
import type { Seqno } from '@coco/primitives';
import type { NetworkView, NodeView } from '../types.js';
import type { DataRow } from './dataRow.js';

/** Whether it is for `caller`: a party, whatever else it is in the network. */
export function isDataParty({ parties }: Pick<DataRow, 'parties'>, caller: Caller): boolean {
  return (caller.kind === 'member' || caller.kind === 'participant') && parties.includes(caller.id);
}

/** The nodes that may have it: of its parties, and taking part. */
export function dataNodes(
  { nodes }: Pick<NetworkView, 'nodes'>,
  { parties }: Pick<DataRow, 'parties'>,
): readonly NodeView[] {
  return nodes.filter(
    ({ status, actorId }) => status === 'Trusted' && actorId !== undefined && parties.includes(actorId),
  );
}

/** Why the nodes that have it are to let go of it; undefined when they are to keep it. */
export function dataEnd(
  { purged, expiresAtMs, expiresAtSeqno }: Pick<DataRow, 'purged' | 'expiresAtMs' | 'expiresAtSeqno'>,
  now: { readonly nowMs: number; readonly committed: Seqno },
): 'purged' | 'expired' | undefined {
  if (purged !== undefined) return 'purged';
  const isOld = expiresAtMs !== undefined && expiresAtMs <= now.nowMs;
  const isPast = expiresAtSeqno !== undefined && expiresAtSeqno <= now.committed;
  return isOld || isPast ? 'expired' : undefined;
}
