/**
 * Local: a node whose retirement is on record and committed, as it has learned in this life, sends nothing any more: it
 * may be switched off at any moment, so nothing may depend on it.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import type { SimNode } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'silence-after-retirement';

export function silence(): Checker {
  const retired = new Set<NodeId>();
  const read = (node: SimNode, from: Seqno, to: Seqno): void => {
    for (const record of node.log.slice(from, to)) {
      if (record.retiredCommitted?.includes(node.id)) retired.add(node.id);
    }
  };
  return {
    name,
    started(node) {
      // Whoever starts again may not know yet, and is harmless: the others have a quorum without it.
      retired.delete(node.id);
    },
    step({ node, ready, before }) {
      check(
        ready.send.length === 0 || !retired.has(node.id),
        name,
        () => `${node.id} is retired and sends ${ready.send[0]?.message.type}`,
      );
      // In the step that commits its retirement a primary may still name its successor.
      if (ready.commit !== undefined) read(node, before.commit, ready.commit);
    },
  };
}
