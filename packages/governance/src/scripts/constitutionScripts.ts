/**
 * The scripts as the life of proposals calls them (proposals/scriptPort.ts), over the script runner.
 */
import type { ConstitutionScripts, ScriptInput, ScriptResult, Triggers } from '../proposals/scriptPort.js';
import { createScriptRunner } from './scriptRunner.js';
import type { ScriptRunOutcome, ScriptStart, Trigger } from './types.js';

/** Runs constitutions and ballots in `sandbox`. */
export function constitutionScripts(start: ScriptStart): ConstitutionScripts {
  const runner = createScriptRunner(start);
  return {
    validate: (transaction, input) => resultOf(runner.validate({ transaction, ...input }), input),
    resolve: (transaction, input) => resultOf(runner.resolve({ transaction, ...input }), input),
    apply(transaction, input) {
      const outcome = runner.apply({ transaction, ...input });
      const triggers = outcome.outcome === 'returned' ? triggersOf(outcome.triggers) : undefined;
      return { ...resultOf(outcome, input), ...(triggers !== undefined && { triggers }) };
    },
    ballot: (transaction, input) => resultOf(runner.runBallot({ transaction, ...input }), input),
    actions(constitution, limits) {
      const outcome = start.sandbox.run({
        name: 'constitution',
        source: constitution,
        call: 'listActions',
        args: [],
        limits,
      });
      const names = outcome.outcome === 'returned' ? outcome.value : undefined;
      return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
    },
  };
}

function resultOf(outcome: ScriptRunOutcome, { limits }: Pick<ScriptInput, 'limits'>): ScriptResult {
  const steps = limits.stepsMax - outcome.stepsLeft;
  if (outcome.outcome === 'returned') return { outcome: 'returned', value: outcome.value, steps };
  const { reason, trace } = outcome;
  return { outcome: 'failed', reason, steps, ...(trace !== undefined && { trace }) };
}

function triggersOf(triggers: readonly Trigger[]): Triggers | undefined {
  if (triggers.length === 0) return undefined;
  const has = (kind: Trigger['kind']): boolean => triggers.some((one) => one.kind === kind);
  const nodeCertificates = triggers.filter((one) => one.kind === 'node_certificate');
  return {
    ...(has('ledger_chunk') && { chunk: true }),
    ...(has('snapshot') && { snapshot: true }),
    ...(has('ledger_rekey') && { rekey: true }),
    ...(nodeCertificates.length > 0 && {
      nodeCertificates: nodeCertificates.map(({ nodeId, validFrom, validityDays }) => ({
        nodeId,
        validFrom,
        validityDays,
      })),
    }),
  };
}
