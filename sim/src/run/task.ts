/**
 * A stretch of seeds for one process, and what it reports: plain data, for it crosses a process boundary.
 */
import { createRaft } from '@coco/consensus';
import { findMutant } from '../mutants/catalogue.js';
import type { Mutant } from '../mutants/mutant.js';
import { addCounts, type Counts, createCounts } from '../world/counts.js';
import { runSeed, type SeedOutcome } from './run-seed.js';

/** Seeds `first`, `first` + 1, …: `count` of them, until the first violation or until the time is used up. */
export interface Task {
  readonly first: number;
  readonly count: number;
  readonly nodes: number;
  /** Name of a mutant to run instead of the real rules. */
  readonly mutant?: string;
  /** How long faults last, in simulated milliseconds; drawn from the seed if absent. */
  readonly chaosMs?: number;
  /** Nodes come and go. Default true; a mutant says itself. */
  readonly membership?: boolean;
  /** Disks are turned back. Default: in some runs; a mutant says itself. */
  readonly turning?: boolean;
  /** CPU time after which no further seed is begun. */
  readonly cpuMsMax?: number;
}

/** What came of a task. */
export interface TaskReport {
  readonly first: number;
  /** Hash of each seed's events, in order of the seeds. */
  readonly hashes: readonly string[];
  readonly simulatedMs: number;
  /** What all runs did together. */
  readonly counts: Counts;
  readonly cpuMs: number;
  /** The first run that broke a rule; no seed after it was run. */
  readonly broken?: SeedOutcome;
}

/** Runs a task to its end. */
export function runTask(task: Task): TaskReport {
  const begun = process.cpuUsage();
  const hashes: string[] = [];
  const counts = createCounts();
  let simulatedMs = 0;
  let broken: SeedOutcome | undefined;
  const mutant = mutantOf(task);
  for (let i = 0; i < task.count && broken === undefined; i++) {
    if (task.cpuMsMax !== undefined && cpuMsSince(begun) > task.cpuMsMax) break;
    const outcome = runOne(task, mutant, task.first + i);
    hashes.push(outcome.hash);
    simulatedMs += outcome.simulatedMs;
    addCounts(counts, outcome.counts);
    if (outcome.violation !== undefined) broken = outcome;
  }
  const report = { first: task.first, hashes, simulatedMs, counts, cpuMs: cpuMsSince(begun) };
  return broken === undefined ? report : { ...report, broken };
}

/** Runs one seed of a task; `follow` receives every event as a line of text. */
export function runOne(
  task: Task,
  mutant: Mutant | undefined,
  seed: number,
  follow?: (line: string) => void,
): SeedOutcome {
  return runSeed({
    seed,
    nodes: mutant?.nodes ?? task.nodes,
    create: (start) => (mutant?.rules === undefined ? createRaft(start) : createRaft(start, mutant.rules)),
    ...(mutant?.honours === undefined ? {} : { honours: mutant.honours }),
    ...(task.chaosMs === undefined ? {} : { chaosMs: task.chaosMs }),
    ...turningOf(task, mutant),
    membership: mutant === undefined ? (task.membership ?? true) : (mutant.membership ?? false),
    ...(follow === undefined ? {} : { follow }),
  });
}

function turningOf({ turning }: Task, mutant: Mutant | undefined): { turning?: boolean } {
  if (mutant !== undefined) return { turning: mutant.turning ?? false };
  return turning === undefined ? {} : { turning };
}

/** The mutant that a task names; undefined for the real rules. The name must exist. */
export function mutantOf(task: Task): Mutant | undefined {
  if (task.mutant === undefined) return undefined;
  const mutant = findMutant(task.mutant);
  if (mutant === undefined) throw new Error(`no mutant is called ${task.mutant}`);
  return mutant;
}

function cpuMsSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}
