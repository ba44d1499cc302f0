/**
 * What one request works with: a transaction, the circumstances, the scripts with what they may use up.
 */
import type { Transaction } from '@coco/kv';
import type { ScriptLimits } from '@coco/sandbox';
import { refuse } from '../requests/refusal.js';
import { readRow, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { GovernanceContext, GovernanceSettings } from '../types.js';
import type { ConstitutionScripts, ScriptResult } from './scriptPort.js';

export interface Scope {
  readonly transaction: Transaction;
  readonly context: GovernanceContext;
  readonly scripts: ConstitutionScripts;
  readonly settings: GovernanceSettings;
  readonly steps: RequestSteps;
}

/** The source of the constitution in force. */
export function constitutionOf({ transaction }: Scope): string {
  const source = textOf(readRow(transaction, governanceTables.constitution));
  if (source === undefined) refuse(500, 'InternalError', 'no constitution is set: nothing can be decided');
  return source;
}

/** What is left of the steps of one request (`requestStepsMax`). */
export interface RequestSteps {
  /** For the constitution. */
  constitution: number;
}

export function requestSteps({ requestStepsMax }: GovernanceSettings): RequestSteps {
  return { constitution: requestStepsMax };
}

/**
 * Runs the constitution, which may use all that is left of its share: what one function does not take, the next may. Who
 * makes a proposal that takes much takes it from nobody else's.
 */
export function runConstitution<Result extends ScriptResult>(
  scope: Scope,
  run: (script: { readonly constitution: string; readonly limits: ScriptLimits }) => Result,
): Result {
  const { steps, settings } = scope;
  const result = run({
    constitution: constitutionOf(scope),
    limits: limited(settings, steps.constitution),
  });
  spend(scope, result);
  return result;
}

/** Takes what a run of a constitution took. */
export function spend({ steps }: Scope, { steps: taken = 0 }: ScriptResult): void {
  steps.constitution = Math.max(0, steps.constitution - taken);
}

/**
 * Where there are ballots, half of the steps are theirs, whether they take them or not: no ballot may decide by what it
 * takes whether a proposal can be applied.
 */
export function reserveForBallots({ steps, settings }: Scope): void {
  steps.constitution = Math.min(steps.constitution, Math.floor(settings.requestStepsMax / 2));
}

/** What one of `ballots` ballots that are scripts may use: an equal part of their half, so that nobody's takes all. */
export function ballotLimits({ settings }: Scope, ballots: number): ScriptLimits {
  return limited(settings, Math.floor(settings.requestStepsMax / 2 / Math.max(1, ballots)));
}

/** A function of a constitution that does nothing may take so small a part: the rest must do for proposals. */
const idleParts = 12;

/** What a constitution may use to load, or to say something to nothing. */
export function idleLimits({ settings, steps }: Pick<Scope, 'settings' | 'steps'>): ScriptLimits {
  const part = Math.floor(settings.requestStepsMax / idleParts);
  return limited(settings, Math.min(part, steps.constitution));
}

function limited({ scripts }: GovernanceSettings, stepsMax: number): ScriptLimits {
  return { ...scripts, stepsMax: Math.max(1, Math.min(scripts.stepsMax, stepsMax)) };
}
