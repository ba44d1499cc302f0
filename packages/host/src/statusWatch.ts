/**
 * What an operator should hear of a running node: who is primary, and troubles that nobody else can mend and nothing else
 * tells of (a node that can never catch up, a snapshot that cannot be made, a node that should be out and is not). Each is logged once for as long as it lasts.
 */
import type { ReplicaStatus } from '@coco/replica';
import type { Log } from './log.js';

/** Looks at a status now and then. */
export type StatusWatch = (status: ReplicaStatus) => void;

export function createStatusWatch(log: Pick<Log, 'info' | 'warn'>): StatusWatch {
  let lagging: ReadonlySet<string> = new Set();
  let snapshotTrouble: string | undefined;
  let leaseTrouble: string | undefined;
  let rekeyTrouble: string | undefined;
  let untoldFrom: number | undefined;
  let told: string | undefined;
  return (status) => {
    const { nodeId, leadership, view } = status.consensus;
    const primary = leadership === 'Leader' ? nodeId : status.consensus.primary;
    const role = `${primary === nodeId ? 'this node' : primary} is primary of view ${view}`;
    if (primary !== undefined && role !== told) {
      told = role;
      log.info(role, { primary, view });
    }
    const peers = Object.entries(status.consensus.peers);
    const now = new Set(peers.filter(([, { needsSnapshot }]) => needsSnapshot === true).map(([id]) => id));
    for (const nodeId of now) {
      if (lagging.has(nodeId)) continue;
      const sentence = `node ${nodeId} lacks entries that this node no longer holds: remove it and let it join anew`;
      log.warn(sentence, { nodeId, heldFrom: status.consensus.heldFrom });
    }
    lagging = now;
    const trouble = status.snapshotTrouble;
    if (trouble !== undefined && trouble !== snapshotTrouble)
      log.warn(`no snapshot could be made: ${trouble}`);
    snapshotTrouble = trouble;
    if (status.leaseTrouble !== undefined && status.leaseTrouble !== leaseTrouble)
      log.warn(status.leaseTrouble);
    leaseTrouble = status.leaseTrouble;
    if (status.rekeyTrouble !== undefined && status.rekeyTrouble !== rekeyTrouble)
      log.warn(status.rekeyTrouble);
    rekeyTrouble = status.rekeyTrouble;
    if (status.untoldFrom !== undefined && status.untoldFrom !== untoldFrom)
      log.warn(`this node was not told the key of the entries from ${status.untoldFrom} on: it asks for it`);
    untoldFrom = status.untoldFrom;
  };
}
