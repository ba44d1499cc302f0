/**
 * What a checker is: it watches a run from outside and throws a `Violation` at the first thing that may not be.
 * Checkers share nothing with the consensus core and know its rules only from the papers.
 */
import type { TxId, TxStatus } from '@coco/primitives';
import { Violation } from '../violation.js';
import type { LogRecord } from '../world/record.js';
import type { Envelope, SimNode, StepSeen, World } from '../world/world.js';

/** One rule, watched over a whole run. Made anew for each run. Hooks must not keep the objects that they are shown. */
export interface Checker {
  readonly name: string;
  /** After each step of a node. */
  readonly step?: (seen: StepSeen) => void;
  /** A message leaves a node (whether or not it arrives). */
  readonly sent?: (envelope: Envelope) => void;
  /** A node applies a committed entry to its state. */
  readonly applied?: (node: SimNode, record: LogRecord) => void;
  /** A node starts, for the first time or again. */
  readonly started?: (node: SimNode) => void;
  /** A node answers a question about a transaction. */
  readonly answered?: (node: SimNode, id: TxId, status: TxStatus) => void;
}

/** Lets `checkers` watch `world`. */
export function attachCheckers(world: World, checkers: readonly Checker[]): void {
  const { observers } = world;
  for (const checker of checkers) {
    if (checker.step) observers.step.push(checker.step);
    if (checker.sent) observers.sent.push(checker.sent);
    if (checker.applied) observers.applied.push(checker.applied);
    if (checker.started) observers.started.push(checker.started);
    if (checker.answered) observers.answered.push(checker.answered);
  }
}

/** Throws a violation of `checker` unless `condition` holds. */
export function check(condition: boolean, checker: string, sentence: () => string): asserts condition {
  if (!condition) throw new Violation(checker, sentence());
}
