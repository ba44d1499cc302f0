/**
 * Local: what a leader takes a peer to hold never decreases within a view, and never exceeds what that peer has
 * acknowledged to it in that view (Raft 5.3). Of a peer that left and is taken back it may have forgotten everything.
 */
import type { NodeId, Seqno, View } from '@coco/primitives';
import { type Checker, check } from './checker.js';

const name = 'peer-match';

export function peerMatch(): Checker {
  /** For each view, which has one leader: the highest acknowledgement that each peer sent. */
  const acknowledged = new Map<View, Map<NodeId, Seqno>>();
  /** For each view: what its leader last took each peer to hold. */
  const matches = new Map<View, Map<NodeId, Seqno>>();
  return {
    name,
    sent({ from, message }) {
      if (message.type !== 'appendEntriesResponse' || !message.success) return;
      const known = tableOf(acknowledged, message.view);
      known.set(from.id, Math.max(known.get(from.id) ?? 0, message.last));
    },
    step({ node, event, ready, after, status }) {
      if (!after.isLeader) return;
      const isAnswered = event.type === 'receive' && event.message.type === 'appendEntriesResponse';
      if (!isAnswered && ready.commit === undefined) return;
      const known = tableOf(matches, after.view);
      const sent = tableOf(acknowledged, after.view);
      const { peers } = status();
      for (const peer of known.keys()) if (peers[peer] === undefined) known.delete(peer);
      for (const peer in peers) {
        const { match } = peers[peer] as { match: Seqno };
        const before = known.get(peer) ?? 0;
        check(
          match >= before,
          name,
          () => `${node.id} lowers the match of ${peer} from ${before} to ${match}`,
        );
        const most = sent.get(peer) ?? 0;
        check(
          match <= most,
          name,
          () => `${node.id} takes ${peer} to hold ${match}, which acknowledged ${most}`,
        );
        known.set(peer, match);
      }
    },
  };
}

function tableOf(tables: Map<View, Map<NodeId, Seqno>>, view: View): Map<NodeId, Seqno> {
  let table = tables.get(view);
  if (table === undefined) {
    table = new Map();
    tables.set(view, table);
  }
  return table;
}
