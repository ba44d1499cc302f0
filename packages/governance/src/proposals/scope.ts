/**
 * What one request works with: a transaction, the circumstances, the scripts with what they may use up.
 */
import type { Transaction } from '@coco/kv';
import type { ScriptLimits } from '@coco/sandbox';
import { refuse } from '../requests/refusal.js';
import { readRow, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { GovernanceContext, GovernanceSettings } from '../types.js';
import type { ConstitutionScripts } from './scriptPort.js';

export interface Scope {
  readonly transaction: Transaction;
  readonly context: GovernanceContext;
  readonly scripts: ConstitutionScripts;
  readonly settings: GovernanceSettings;
}

/** The source of the constitution in force. */
export function constitutionOf({ transaction }: Scope): string {
  const source = textOf(readRow(transaction, governanceTables.constitution));
  if (source === undefined) refuse(500, 'InternalError', 'no constitution is set: nothing can be decided');
  return source;
}

/** How often the constitution may run in one request: validate, resolve, apply, and the three of a new one on trial. */
const constitutionRuns = 6;

/** What one run of the constitution may use: an equal part of half of what the request may. */
export function constitutionLimits(scope: Scope): ScriptLimits {
  return limitsOf(scope, constitutionRuns);
}

/** What one of `ballots` ballots that are scripts may use: an equal part of the other half, so that nobody's takes all. */
export function ballotLimits(scope: Scope, ballots: number): ScriptLimits {
  return limitsOf(scope, ballots);
}

function limitsOf({ settings }: Scope, parts: number): ScriptLimits {
  const part = Math.max(1, Math.floor(settings.requestStepsMax / 2 / Math.max(1, parts)));
  return { ...settings.scripts, stepsMax: Math.min(settings.scripts.stepsMax, part) };
}
