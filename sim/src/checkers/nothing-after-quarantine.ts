/**
 * What is appended after a node was quarantined does not reach it while it is out: a message that arrives carries nothing
 * from the quarantining entry on, unless the log of its sender, when it sent that, had taken the node back.
 */
import { isOutBy } from '../world/standing.js';
import type { Envelope, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'nothing-after-quarantine';

export function nothingAfterQuarantine(world: World): Checker {
  const forbidden = new WeakSet<Envelope>();
  return {
    name,
    sent(envelope) {
      const { from, to, records } = envelope;
      const last = records.at(-1);
      if (last === undefined) return;
      const since = isOutBy(world.standings, from.log, to.id);
      if (since !== undefined && last.seqno >= since) forbidden.add(envelope);
    },
    step({ node, envelope }) {
      if (envelope === undefined || !forbidden.has(envelope)) return;
      const { from, records } = envelope;
      check(
        false,
        name,
        () => `${node.id} is quarantined, and gets entries up to ${records.at(-1)?.seqno} from ${from.id}`,
      );
    },
  };
}
