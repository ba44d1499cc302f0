/**
 * What running the members' scripts gives: the three functions of a constitution, and ballots.
 */
import type { Transaction } from '@coco/kv';
import type { NodeId, Seqno, TxId, TxStatus, View } from '@coco/primitives';
import type { Sandbox, ScriptLimits, ScriptValue } from '@coco/sandbox';

/** In which of CCF's situations a script runs: it decides which tables it reaches. */
export type ScriptSituation = 'ballot' | 'validate' | 'resolve' | 'apply';

/** What an applied action asks of the framework besides its writes. */
export type Trigger =
  /** End the chunk of the ledger. */
  | { readonly kind: 'ledger_chunk' }
  | { readonly kind: 'snapshot' }
  /** Change the secret of the ledger. */
  | { readonly kind: 'ledger_rekey' }
  /** Issue a new certificate for a node that takes part. `validFrom` as the proposal says it (ISO 8601 or ASN.1). */
  | {
      readonly kind: 'node_certificate';
      readonly nodeId: NodeId;
      readonly validFrom: string;
      readonly validityDays: number;
    };

/** What became of one script. */
export type ScriptRunOutcome = {
  /** What is left of `stepsLeft`. */
  readonly stepsLeft: number;
} & (
  | { readonly outcome: 'returned'; readonly value: ScriptValue; readonly triggers: readonly Trigger[] }
  | {
      readonly outcome: 'failed';
      /** What the script threw, or which limit stopped it, as a sentence. */
      readonly reason: string;
      /** Where, when it threw. */
      readonly trace?: string;
    }
);

/** A vote as `resolve` is told of it. */
export interface CountedVote {
  readonly memberId: string;
  readonly inFavour: boolean;
}

/** What every run needs. */
export interface ScriptRunInput {
  readonly transaction: Transaction;
  readonly limits: ScriptLimits;
  /** Steps that this run and those after it may take together; default as in `limits`. */
  readonly stepsLeft?: number;
}

export interface ConstitutionInput extends ScriptRunInput {
  /** Source of the constitution. */
  readonly constitution: string;
  /** The proposal as it was signed, JSON. */
  readonly proposal: string;
}

/** What scripts can ask of the node that runs them; what is absent cannot be asked. */
export interface ScriptServices {
  readonly lastCommitted?: () => TxId;
  readonly txStatus?: (id: TxId) => TxStatus;
  readonly viewForSeqno?: (seqno: Seqno) => View | undefined;
  /** Since which entry the present ledger secret is in use. Default: the first. */
  readonly ledgerSecretSeqno?: () => Seqno;
  /** The certificate of a node in PEM, for a request in PEM. */
  readonly endorseNodeCertificate?: (requestPem: string, validFrom: string, validityDays: number) => string;
  /** The service's own certificate in PEM, for another time. */
  readonly renewServiceCertificate?: (validFrom: string, validityDays: number) => string;
  readonly log?: (level: string, text: string) => void;
}

export interface ScriptStart {
  readonly sandbox: Sandbox;
  readonly services?: ScriptServices;
}

/** Runs scripts. Synchronous, holds nothing between calls; what a script does wrong is an outcome, never thrown. */
export interface ScriptRunner {
  /** `validate(input)`; the value should be {valid, description}. */
  validate(input: ConstitutionInput): ScriptRunOutcome;
  /** `resolve(proposal, proposerId, votes, proposalId)`; the value should be "Open", "Accepted" or "Rejected". */
  resolve(
    input: ConstitutionInput & {
      readonly proposalId: string;
      readonly proposerId: string;
      readonly votes: readonly CountedVote[];
    },
  ): ScriptRunOutcome;
  /** `apply(proposal, proposalId)`; writes to the transaction. When it fails nothing of that stays. */
  apply(input: ConstitutionInput & { readonly proposalId: string }): ScriptRunOutcome;
  /** `vote(rawProposal, proposerId)`; in favour when the value is true. */
  runBallot(
    input: ScriptRunInput & {
      readonly ballot: string;
      readonly proposal: string;
      readonly proposerId: string;
    },
  ): ScriptRunOutcome;
}
