/**
 * Many seeds on several processes, one result that does not depend on how they were spread.
 */
import { addCounts, type Counts, createCounts } from '../world/counts.js';
import { createEventHash } from '../world/event-hash.js';
import { runPool } from './pool.js';
import type { SeedOutcome } from './run-seed.js';
import type { Task } from './task.js';

/** Which seeds, and how. */
export interface SimulationPlan {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly nodes: number;
  readonly jobs: number;
  readonly mutant?: string;
  readonly chaosMs?: number;
  /** Nodes come and go. Default true. */
  readonly membership?: boolean;
  /** Disks are turned back. Default: in some runs. */
  readonly turning?: boolean;
}

/** What is known so far; at the end, the result. */
export interface SimulationResult {
  seedsRun: number;
  simulatedMs: number;
  /** What all runs did together. */
  readonly counts: Counts;
  cpuMs: number;
  /** The broken run of the lowest seed. */
  broken?: SeedOutcome;
  /** Hash over the hashes of all seeds (of one seed: its own), 16 hex digits; set at the end. */
  hash: string;
}

/** Seeds per task: enough to keep a process busy, few enough that a violation stops the rest soon. */
const taskSeeds = 8;

/** Runs the plan; stops early at a violation. `progress` is called after every task. */
export async function simulate(
  plan: SimulationPlan,
  progress: (soFar: SimulationResult) => void = () => {},
): Promise<SimulationResult> {
  const result: SimulationResult = {
    seedsRun: 0,
    simulatedMs: 0,
    counts: createCounts(),
    cpuMs: 0,
    hash: '',
  };
  const hashes = new Map<number, string>();
  const end = plan.firstSeed + plan.seeds;
  let nextSeed = plan.firstSeed;
  await runPool({
    jobs: Math.min(plan.jobs, Math.ceil(plan.seeds / taskSeeds)),
    next: () => {
      if (nextSeed >= end || result.broken !== undefined) return undefined;
      const first = nextSeed;
      nextSeed = Math.min(end, first + taskSeeds);
      return taskOf(plan, first, nextSeed - first);
    },
    done: (_task, report) => {
      report.hashes.forEach((hash, i) => {
        hashes.set(report.first + i, hash);
      });
      result.seedsRun += report.hashes.length;
      result.simulatedMs += report.simulatedMs;
      result.cpuMs += report.cpuMs;
      addCounts(result.counts, report.counts);
      if (report.broken && report.broken.seed < (result.broken?.seed ?? Number.POSITIVE_INFINITY)) {
        result.broken = report.broken;
      }
      progress(result);
    },
  });
  result.hash = overall(hashes);
  return result;
}

function taskOf(plan: SimulationPlan, first: number, count: number): Task {
  return {
    first,
    count,
    nodes: plan.nodes,
    ...(plan.mutant === undefined ? {} : { mutant: plan.mutant }),
    ...(plan.turning === undefined ? {} : { turning: plan.turning }),
    ...(plan.membership === undefined ? {} : { membership: plan.membership }),
    ...(plan.chaosMs === undefined ? {} : { chaosMs: plan.chaosMs }),
  };
}

function overall(hashes: ReadonlyMap<number, string>): string {
  const [only] = hashes.values();
  if (only !== undefined && hashes.size === 1) return only;
  const hash = createEventHash();
  for (const seed of [...hashes.keys()].sort((a, b) => a - b)) {
    hash.mix(seed);
    const digest = hashes.get(seed) as string;
    hash.mix(Number.parseInt(digest.slice(0, 8), 16));
    hash.mix(Number.parseInt(digest.slice(8), 16));
  }
  return hash.digest();
}
