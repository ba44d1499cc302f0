/**
 * State machine safety (Raft, figure 3): no two nodes apply different entries at the same seqno. Watches what is
 * applied, after the disk, as the rest of the node would see it, and compares the states that result.
 */
import type { LogRecord } from '../world/record.js';
import { type Checker, check } from './checker.js';

const name = 'state-machine-safety';

export function stateMachineSafety(): Checker {
  /** State after each seqno, as the first node to apply it saw it. */
  const states: number[] = [0];
  const stateOf = new Map<string, { seqno: number; state: number }>();
  return {
    name,
    started(node) {
      // A node that restarts rebuilds its state from its log: perhaps further than anyone had come to apply it.
      let state = 0;
      for (let i = 0; i < node.applied; i++) {
        state = next(state, node.log[i] as LogRecord);
        states[i + 1] ??= state;
      }
      stateOf.set(node.id, { seqno: node.applied, state });
      check(
        states[node.applied] === state,
        name,
        () => `${node.id} restarts with another state at ${node.applied}`,
      );
    },
    applied(node, record) {
      const own = stateOf.get(node.id) ?? { seqno: 0, state: 0 };
      check(
        record.seqno === own.seqno + 1,
        name,
        () => `${node.id} applies ${record.seqno} after ${own.seqno}`,
      );
      own.seqno = record.seqno;
      own.state = next(own.state, record);
      stateOf.set(node.id, own);
      states[record.seqno] ??= own.state;
      check(
        states[record.seqno] === own.state,
        name,
        () => `${node.id} has another state at ${record.seqno}`,
      );
    },
  };
}

function next(state: number, record: LogRecord): number {
  return (Math.imul(state ^ record.digest, 0x9e3779b1) + record.view) >>> 0;
}
