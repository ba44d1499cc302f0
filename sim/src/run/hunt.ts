/**
 * The hunt for mutants: each is run, seed after seed, until some checker finds it or its CPU budget is used up.
 */
import type { Mutant } from '../mutants/mutant.js';
import { runPool } from './pool.js';

/** How to hunt. */
export interface HuntPlan {
  readonly mutants: readonly Mutant[];
  readonly nodes: number;
  readonly jobs: number;
  readonly firstSeed: number;
  /** CPU seconds per mutant. */
  readonly budgetSeconds: number;
}

/** How the hunt for one mutant went. */
export interface Catch {
  readonly mutant: string;
  /** The checker that found it; undefined if it escaped. */
  readonly checker: string | undefined;
  /** The seed at which it was found. */
  readonly seed: number | undefined;
  readonly seedsRun: number;
  readonly cpuSeconds: number;
}

/** Hunts all; `caught` is called as each hunt ends. Results are in the order of `plan.mutants`. */
export async function hunt(plan: HuntPlan, caught: (one: Catch) => void = () => {}): Promise<Catch[]> {
  const catches = new Map<string, Catch>();
  const waiting = plan.mutants.map(({ name }) => name);
  await runPool({
    jobs: Math.min(plan.jobs, plan.mutants.length),
    next: () => {
      const mutant = waiting.shift();
      if (mutant === undefined) return undefined;
      return {
        mutant,
        first: plan.firstSeed,
        count: Number.MAX_SAFE_INTEGER,
        nodes: plan.nodes,
        cpuMsMax: plan.budgetSeconds * 1000,
      };
    },
    done: ({ mutant }, report) => {
      const one: Catch = {
        mutant: mutant as string,
        checker: report.broken?.violation?.checker,
        seed: report.broken?.seed,
        seedsRun: report.hashes.length,
        cpuSeconds: report.cpuMs / 1000,
      };
      catches.set(one.mutant, one);
      caught(one);
    },
  });
  return plan.mutants.map(({ name }) => catches.get(name) as Catch);
}
