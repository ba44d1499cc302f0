/**
 * Consensus as a node begins with it: from the network's genesis, from a snapshot, or from what its disk holds.
 */
import { type Consensus, createRaft } from '@coco/consensus';
import type { ReplicaStart } from './types.js';

/** COCO_CONSENSUS_START when what the disk holds contradicts itself. */
export function startConsensus(start: ReplicaStart): Consensus {
  const { nodeId, settings, random, genesis, entries, snapshot } = start;
  return createRaft({
    nodeId,
    settings: settings.consensus,
    random,
    // Whoever has entries or a snapshot learns from them who takes part.
    initialNodes: snapshot === undefined ? (genesis?.nodes.map((node) => node.nodeId) ?? []) : [],
    entries: entries ?? [],
    ...(snapshot !== undefined && { base: snapshot }),
    ...(start.heldFrom !== undefined && { heldFrom: start.heldFrom }),
    ...(start.hardState !== undefined && { hardState: start.hardState }),
    ...(start.commit !== undefined && { commit: start.commit }),
    ...(start.startAsLeader !== undefined && { startAsLeader: start.startAsLeader }),
    ...(start.inDoubt !== undefined && { inDoubt: start.inDoubt }),
    ...(start.trace !== undefined && { trace: start.trace }),
  });
}
