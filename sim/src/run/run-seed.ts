/**
 * One run: from a seed to a hash, or to a violation with the events that led to it.
 */
import type { Consensus, ConsensusStart } from '@coco/consensus';
import { globalCheckers, localCheckers } from '../checkers/all.js';
import { attachCheckers } from '../checkers/checker.js';
import { checkLiveness } from '../checkers/liveness.js';
import { Violation } from '../violation.js';
import { unleash } from '../world/adversary.js';
import type { Counts } from '../world/counts.js';
import { startNode } from '../world/driver.js';
import { runUntil } from '../world/loop.js';
import { pick } from '../world/profile.js';
import { beginReconfigurations } from '../world/reconfiguration.js';
import { beginWorkload } from '../world/workload.js';
import { createWorld, type Honours, type World } from '../world/world.js';

/** What one run needs. */
export interface SeedRun {
  readonly seed: number;
  /** How many nodes. */
  readonly nodes: number;
  readonly create: (start: ConsensusStart) => Consensus;
  readonly honours?: Partial<Honours>;
  /** How long faults last, in simulated milliseconds. Default: drawn from the seed. */
  readonly chaosMs?: number;
  /** Nodes come and go at random. Default true. */
  readonly membership?: boolean;
  /** Disks are turned back. Default: in some runs. */
  readonly turning?: boolean;
  /** Receives every event as a line of text. */
  readonly follow?: (line: string) => void;
}

/** What came of it. */
export interface SeedOutcome {
  readonly seed: number;
  /** Hash of all events in order, 16 hex digits. */
  readonly hash: string;
  readonly simulatedMs: number;
  readonly counts: Counts;
  readonly violation?: Finding;
}

/** A broken rule, with the last events before it. */
export interface Finding {
  readonly checker: string;
  readonly sentence: string;
  readonly events: readonly string[];
}

const eventsShown = 40;

/** Runs one seed to its end or to the first violation. */
export function runSeed(run: SeedRun): SeedOutcome {
  const world = createWorld({ ...run, membership: run.membership ?? true });
  if (run.follow) world.history.follow(run.follow);
  attachCheckers(world, [...globalCheckers(world), ...localCheckers(world)]);
  const violation = live(world);
  return {
    seed: run.seed,
    hash: world.hash.digest(),
    simulatedMs: world.nowUs / 1000,
    counts: world.counts,
    ...(violation === undefined ? {} : { violation }),
  };
}

function live(world: World): Finding | undefined {
  try {
    for (const node of world.nodes) {
      node.clockRate = 1 + world.profile.clockSpread * (pick(world.random, [-1, 0, 1]) as number);
      if (node.stage === 'present') startNode(world, node);
    }
    beginWorkload(world);
    beginReconfigurations(world);
    unleash(world);
    runUntil(world, world.profile.chaosMs * 1000);
    checkLiveness(world);
    return undefined;
  } catch (error) {
    return findingOf(world, error);
  }
}

/** Whatever a machine throws is a violation too: an assertion of the core found a bug of the core. */
function findingOf(world: World, error: unknown): Finding {
  const isViolation = error instanceof Violation;
  const sentence =
    error instanceof Error ? (isViolation ? error.message : String(error.stack)) : String(error);
  return {
    checker: isViolation ? error.checker : error instanceof Error ? error.name : 'exception',
    sentence,
    events: world.history.lines(eventsShown),
  };
}
