/**
 * How much of the manager's time scripts may take: they run between transactions and heartbeats, and whoever may send
 * requests could keep it busy with them. Counted in steps of the sandbox, so that the same events give the same answers.
 */
import type { Sandbox } from '@coco/sandbox';

/** A step takes about 0.03 to 0.07 ms: a quarter of the time. */
const stepsPerMs = 5;
/** What may be saved up, of about a second: requests come in bursts. */
const savedStepsMax = 20_000;
/** What making an interpreter takes. */
const runSteps = 20;

export interface ScriptBudget {
  /** The sandbox whose runs are counted. */
  readonly sandbox: Sandbox;
  /** No script may be begun for now. */
  readonly isSpent: boolean;
  elapsed(ms: number): void;
}

export function createScriptBudget(sandbox: Sandbox): ScriptBudget {
  let steps = savedStepsMax;
  return {
    sandbox: {
      run(run) {
        const outcome = sandbox.run(run);
        steps -= outcome.steps + runSteps;
        return outcome;
      },
    },
    get isSpent() {
      return steps <= 0;
    },
    elapsed(ms) {
      steps = Math.min(savedStepsMax, steps + ms * stepsPerMs);
    },
  };
}
