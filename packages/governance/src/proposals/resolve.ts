/**
 * Deciding a proposal: all ballots are run again, the constitution resolves, and what is accepted is applied in the same
 * transaction, all or nothing: if applying fails, or leaves a network that could not be governed, the proposal is Failed,
 * with the reason, and nothing else of it stays.
 */
import { readActors } from '../actors/readActors.js';
import { plainVote } from './ballot.js';
import { closeRecord, settleProposals } from './closing.js';
import { type Before, governedBefore, guardRefusal } from './guard.js';
import {
  type Failure,
  type OpenProposal,
  type ProposalInfo,
  type ProposalState,
  writeInfo,
} from './proposal.js';
import { ballotLimits, reserveForBallots, runConstitution, type Scope } from './scope.js';
import type { ScriptResult, Triggers, Vote } from './scriptPort.js';

export interface CountedBallots {
  readonly votes: readonly Vote[];
  readonly failures: Readonly<Record<string, Failure>>;
}

/** Runs the ballots of those who are Active members now; what the others once said does not count. */
export function countBallots(scope: Scope, proposal: OpenProposal): CountedBallots {
  const { ballots, proposerId } = proposal.info;
  const { members } = readActors(scope.transaction);
  const active = new Set(members.filter(({ status }) => status === 'Active').map(({ id }) => id));
  const counted = Object.entries(ballots).filter(([memberId]) => active.has(memberId));
  const scripts = counted.filter(([, ballot]) => plainVote(ballot) === undefined);
  const limits = ballotLimits(scope, scripts.length);
  const votes: Vote[] = [];
  const failures: [string, Failure][] = [];
  for (const [memberId, ballot] of counted) {
    const inFavour = plainVote(ballot);
    const result: ScriptResult =
      inFavour !== undefined
        ? { outcome: 'returned', value: inFavour }
        : scope.scripts.ballot(scope.transaction, { ballot, proposal: proposal.body, proposerId, limits });
    if (result.outcome === 'returned') votes.push({ memberId, inFavour: result.value === true });
    else failures.push([memberId, failureOf(result)]);
  }
  return { votes, failures: Object.fromEntries(failures) };
}

/** A proposal after its ballots were counted. */
export interface Resolved {
  readonly info: ProposalInfo;
  readonly triggers?: Triggers;
}

/** Decides, applies, and writes what became of it. */
export function resolveProposal(scope: Scope, proposal: OpenProposal): Resolved {
  const { transaction, context } = scope;
  if (Object.keys(proposal.info.ballots).length > 0) reserveForBallots(scope);
  const counted = countBallots(scope, proposal);
  const decision = decide(scope, proposal, counted);
  if (decision.state === 'Open') {
    writeInfo(transaction, proposal.id, proposal.info);
    return { info: proposal.info };
  }
  const decided: ProposalInfo = {
    ...proposal.info,
    ...decision,
    finalVotes: Object.fromEntries(counted.votes.map(({ memberId, inFavour }) => [memberId, inFavour])),
    ...(Object.keys(counted.failures).length > 0 && { voteFailures: counted.failures }),
  };
  writeInfo(transaction, proposal.id, decided);
  const result = decided.state === 'Accepted' ? applied(scope, proposal, decided) : { info: decided };
  closeRecord(transaction, proposal.id, result.info.state, context.nowMs);
  settleProposals(transaction, context.nowMs);
  return result;
}

/** What the constitution says to the votes. */
export function decide(
  scope: Scope,
  { id, body, info }: OpenProposal,
  { votes }: CountedBallots,
): { readonly state: ProposalState; readonly failure?: Failure } {
  const { proposerId } = info;
  const result = runConstitution(scope, (script) =>
    scope.scripts.resolve(scope.transaction, {
      ...script,
      proposal: body,
      proposalId: id,
      proposerId,
      votes,
    }),
  );
  if (result.outcome === 'failed') {
    const { reason, ...rest } = failureOf(result);
    return { state: 'Failed', failure: { reason: `Failed to resolve(): ${reason}`, ...rest } };
  }
  const { value } = result;
  if (value === 'Open' || value === 'Accepted' || value === 'Rejected') return { state: value };
  const shown = typeof value === 'string' ? `"${value.slice(0, 100)}"` : `a ${typeof value}`;
  return { state: 'Failed', failure: { reason: `resolve() returned invalid status value: ${shown}` } };
}

/** Applies an accepted proposal; undoes all that it wrote when that fails. */
function applied(scope: Scope, proposal: OpenProposal, decided: ProposalInfo): Resolved {
  const { transaction } = scope;
  const savepoint = transaction.savepoint();
  const { failure, triggers } = tryApply(scope, proposal);
  if (failure === undefined) return { info: decided, ...(triggers !== undefined && { triggers }) };
  transaction.rollbackTo(savepoint);
  const failed: ProposalInfo = { ...decided, state: 'Failed', failure };
  writeInfo(transaction, proposal.id, failed);
  return { info: failed };
}

/** Runs apply and the guard over its result. The caller undoes what a failure leaves behind. */
export function tryApply(
  scope: Scope,
  proposal: OpenProposal,
): { readonly failure?: Failure; readonly triggers?: Triggers } {
  const { transaction, scripts } = scope;
  const before: Before = governedBefore(transaction);
  const result = runConstitution(scope, (script) =>
    scripts.apply(transaction, { ...script, proposal: proposal.body, proposalId: proposal.id }),
  );
  if (result.outcome === 'failed') {
    const { reason, ...rest } = failureOf(result);
    return { failure: { reason: `Failed to apply(): ${reason}`, ...rest } };
  }
  const refusal = guardRefusal(scope, before, proposal);
  if (refusal !== undefined) return { failure: { reason: `Refused after apply(): ${refusal}` } };
  return result.triggers === undefined ? {} : { triggers: result.triggers };
}

function failureOf(result: Extract<ScriptResult, { outcome: 'failed' }>): Failure {
  return { reason: result.reason, ...(result.trace !== undefined && { trace: result.trace }) };
}
