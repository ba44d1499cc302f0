/**
 * What the life of a proposal needs of scripts: the three functions of the constitution, and ballots. How they run, and
 * what they may reach, is the business of scripts/.
 */
import type { Transaction } from '@coco/kv';
import type { ScriptLimits, ScriptValue } from '@coco/sandbox';
import type { GovernanceAnswer } from '../types.js';

/** What a script returned, or why it did not. */
export type ScriptResult = {
  /** Steps that it took. Default 0. */
  readonly steps?: number;
} & (
  | { readonly outcome: 'returned'; readonly value: ScriptValue }
  | { readonly outcome: 'failed'; readonly reason: string; readonly trace?: string }
);

/** What an applied action asks of the primary besides its writes. */
export type Triggers = NonNullable<GovernanceAnswer['triggers']>;

export interface Vote {
  readonly memberId: string;
  readonly inFavour: boolean;
}

/** Proposals are handed to scripts as the text that was signed. */
export interface ConstitutionScripts {
  /** Reads only. The value should be {valid, description}. */
  validate(transaction: Transaction, input: ScriptInput): ScriptResult;
  /** Reads only. The value should be "Open", "Accepted" or "Rejected". */
  resolve(
    transaction: Transaction,
    input: ScriptInput & {
      readonly proposalId: string;
      readonly proposerId: string;
      readonly votes: readonly Vote[];
    },
  ): ScriptResult;
  /** Writes governance tables; after a failure what it has written must be rolled back by who called it. */
  apply(
    transaction: Transaction,
    input: ScriptInput & { readonly proposalId: string },
  ): ScriptResult & { readonly triggers?: Triggers };
  /** Reads only. In favour when the value is true. */
  ballot(
    transaction: Transaction,
    input: {
      readonly ballot: string;
      readonly proposal: string;
      readonly proposerId: string;
      readonly limits: ScriptLimits;
    },
  ): ScriptResult;
  /** Names of the actions that the constitution offers, where they can be told. */
  actions(constitution: string, limits: ScriptLimits): readonly string[];
}

export interface ScriptInput {
  /** Source of the constitution. */
  readonly constitution: string;
  readonly proposal: string;
  readonly limits: ScriptLimits;
}
