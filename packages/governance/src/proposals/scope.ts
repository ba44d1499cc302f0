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

/**
 * The limits of one script when `ballots` ballots are counted in the same request: each gets an equal part of what the
 * request may use, because what one has used is not known.
 */
export function scriptLimits({ settings }: Scope, ballots: number): ScriptLimits {
  const part = Math.max(1, Math.floor(settings.requestStepsMax / (ballots + otherScripts)));
  return { ...settings.scripts, stepsMax: Math.min(settings.scripts.stepsMax, part) };
}

/** validate, resolve, apply, and the three of a new constitution on trial. */
const otherScripts = 6;
