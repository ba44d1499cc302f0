/**
 * Runs the scripts of the members: gives them their globals and the tables that are theirs to reach, counts their steps over
 * several runs, and undoes what an action wrote before it failed.
 */
import type { ScriptLimits, ScriptOutcome, ScriptValue } from '@coco/sandbox';
import { frameworkCallSteps, frameworkCalls, inspectStepsMax } from './frameworkCalls.js';
import { scriptPrelude } from './prelude.js';
import { pureCallSteps, pureCalls } from './pureCalls.js';
import { tableCalls } from './tableCalls.js';
import type {
  ScriptRunInput,
  ScriptRunner,
  ScriptRunOutcome,
  ScriptSituation,
  ScriptStart,
  Trigger,
} from './types.js';

interface Call {
  readonly situation: ScriptSituation;
  readonly source: string;
  readonly name: string;
  readonly args: readonly ScriptValue[];
}

/** A runner over `sandbox`. */
export function createScriptRunner({ sandbox, services = {} }: ScriptStart): ScriptRunner {
  const run = ({ transaction, limits, stepsLeft }: ScriptRunInput, call: Call): ScriptRunOutcome => {
    const stepsMax = Math.min(limits.stepsMax, stepsLeft ?? limits.stepsMax);
    const triggers: Trigger[] = [];
    let stepsBeside = 0;
    const inspect = (source: string): ScriptOutcome => {
      const few: ScriptLimits = { ...limits, stepsMax: Math.min(stepsMax, inspectStepsMax) };
      const outcome = sandbox.run({ name: 'proposed constitution', source, args: [], limits: few });
      stepsBeside += outcome.steps;
      return outcome;
    };
    const outcome = sandbox.run({
      name: call.situation === 'ballot' ? 'ballot' : 'constitution',
      source: call.source,
      call: call.name,
      args: call.args,
      prelude: scriptPrelude,
      host: {
        ...pureCalls,
        ...tableCalls(transaction, call.situation),
        ...frameworkCalls({ transaction, situation: call.situation, services, triggers, inspect }),
      },
      hostSteps: { ...pureCallSteps, ...frameworkCallSteps },
      limits: { ...limits, stepsMax },
    });
    const left = Math.max(0, (stepsLeft ?? stepsMax) - outcome.steps - stepsBeside);
    return { ...told(outcome, triggers), stepsLeft: left };
  };
  return {
    validate: (input) =>
      run(input, {
        situation: 'validate',
        source: input.constitution,
        name: 'validate',
        args: [input.proposal],
      }),
    resolve(input) {
      const votes = input.votes.map(({ memberId, inFavour }) => ({ member_id: memberId, vote: inFavour }));
      const args = [input.proposal, input.proposerId, votes, input.proposalId];
      return run(input, { situation: 'resolve', source: input.constitution, name: 'resolve', args });
    },
    apply(input) {
      const { transaction, constitution, proposal, proposalId } = input;
      const savepoint = transaction.savepoint();
      const args = [proposal, proposalId];
      const outcome = run(input, { situation: 'apply', source: constitution, name: 'apply', args });
      if (outcome.outcome === 'failed') transaction.rollbackTo(savepoint);
      return outcome;
    },
    runBallot: (input) =>
      run(input, {
        situation: 'ballot',
        source: input.ballot,
        name: 'vote',
        args: [input.proposal, input.proposerId],
      }),
  };
}

type WithoutSteps<One> = One extends unknown ? Omit<One, 'stepsLeft'> : never;

function told(outcome: ScriptOutcome, triggers: readonly Trigger[]): WithoutSteps<ScriptRunOutcome> {
  if (outcome.outcome === 'returned') return { outcome: 'returned', value: outcome.value, triggers };
  if (outcome.outcome === 'exceeded') return { outcome: 'failed', reason: limitSentences[outcome.limit] };
  const { reason, trace } = outcome;
  return { outcome: 'failed', reason, ...(trace !== '' && { trace }) };
}

const limitSentences: Readonly<Record<Extract<ScriptOutcome, { outcome: 'exceeded' }>['limit'], string>> = {
  source: 'the script is too long',
  heap: 'the script needs too much memory',
  stack: 'the script is nested too deep',
  steps: 'the script takes too long',
  value: 'a value that the script passes on or returns is too large',
};
