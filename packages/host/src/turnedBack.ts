/**
 * What is said when a node is found to have started from less than it had told others: its disk was turned back to an
 * earlier state, or lost what it had confirmed. The node itself is told by its primary, and says so too.
 */
import type { TurnedBack } from '@coco/consensus';
import { CocoError, formatTxId, type NodeId } from '@coco/primitives';
import type { Log } from './log.js';

/** Logs each with the code COCO_HOST_DISK_TURNED_BACK; `self` is the node that logs. */
export function sayTurnedBack(self: NodeId, found: readonly TurnedBack[], log: Pick<Log, 'error'>): void {
  for (const one of found) {
    const { message, code, facts } = failureOf(self, one);
    log.error(message, { code, ...facts });
  }
}

function failureOf(self: NodeId, { node, shown, remembered }: TurnedBack): CocoError {
  const whose = node === self ? 'the disk of this node' : `the disk of node ${node}`;
  const sentence = `${whose} was turned back while it was down: it shows less than the node had told others. It counts for nothing until it holds all that was committed`;
  return new CocoError('COCO_HOST_DISK_TURNED_BACK', sentence, {
    nodeId: node,
    shownView: shown.view,
    shownSigned: formatTxId(shown.signed),
    toldView: remembered.view,
    toldSigned: formatTxId(remembered.signed),
  });
}
