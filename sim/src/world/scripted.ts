/**
 * A consensus that does what a test tells it to: shows what the world does with effects, without any protocol.
 */
import type { Consensus, ConsensusEvent, Ready } from '@coco/consensus';
import type { SimNode } from './world.js';

/** A machine whose answers are prepared; an event without a prepared answer has no effects. */
export interface Scripted extends Consensus {
  readonly events: ConsensusEvent[];
  readonly answers: Ready[];
  view: number;
  commit: number;
  isLeader: boolean;
}

/** A machine that has nothing to say yet. */
export function createScripted(): Scripted {
  const events: ConsensusEvent[] = [];
  const answers: Ready[] = [];
  return {
    events,
    answers,
    view: 1,
    commit: 0,
    isLeader: false,
    last: { view: 0, seqno: 0 },
    primary: undefined,
    step(event) {
      events.push(event);
      if (event.type === 'elapsed') return { send: [] };
      return answers.shift() ?? { send: [] };
    },
    status: () => {
      throw new Error('nobody asks a scripted machine for its status');
    },
    mayLeaveOut: () => true,
    mayRecord: () => true,
    viewAt: () => undefined,
    txStatus: () => 'Unknown',
  };
}

/** The scripted machine of a node that is up. */
export function scriptedOf(node: SimNode | undefined): Scripted {
  if (node?.machine === undefined) throw new Error('the node is down');
  return node.machine as Scripted;
}
