/**
 * How a proposal stands: who voted how, who has not, and what its policies ask for. The constitution's scripts decide; this
 * is what they are given to decide on.
 */
import { readActors } from '../actors/readActors.js';
import type { VotingPolicy } from '../types.js';
import { policyFor, policySentence, votesNeeded } from '../votingPolicy.js';
import { plainVote } from './ballot.js';
import { expiresAtSeconds } from './expiry.js';
import { actionsOf, type ProposalInfo, type ProposalRecord, readBody, readRecord } from './proposal.js';
import { countBallots } from './resolve.js';
import type { Scope } from './scope.js';

export interface TallyVoter {
  readonly memberId: string;
  readonly name: string;
  /** Null while it is not known: a script that failed, or that is only run for actors. */
  readonly inFavour: boolean | null;
  /** Why the script of the ballot gave no vote. */
  readonly failure?: string;
}

export interface TallyPolicy {
  readonly action: string;
  /** Name of the policy: that of the action, or "default". */
  readonly decidedBy: string;
  readonly policy: VotingPolicy;
  readonly sentence: string;
  readonly inFavourNeeded: number;
  readonly votedNeeded: number;
}

export interface Tally {
  readonly voted: readonly TallyVoter[];
  /** Active members without a ballot. */
  readonly missing: readonly { readonly memberId: string; readonly name: string }[];
  readonly inFavour: number;
  readonly against: number;
  /** As they were when the proposal was made. */
  readonly policies: readonly TallyPolicy[];
  /** How many more members must be in favour, by the policies. 0 once it is decided. */
  readonly inFavourMissing: number;
  /** Seconds since 1970. */
  readonly createdAt?: number;
  readonly expiresAt?: number;
}

/** The tally of the proposal `id`. Scripts of ballots are run only where `runScripts`. */
export function tallyOf(scope: Scope, id: string, info: ProposalInfo, runScripts: boolean): Tally {
  const { members } = readActors(scope.transaction);
  const active = members.filter(({ status }) => status === 'Active');
  const names = new Map(members.map((member) => [member.id, member.name]));
  const record = readRecord(scope.transaction, id);
  const voted = votersOf(scope, id, info, runScripts).map((voter) => ({
    ...voter,
    name: names.get(voter.memberId) ?? '',
  }));
  const inFavour = voted.filter((voter) => voter.inFavour === true).length;
  const body = readBody(scope.transaction, id);
  const policies = policiesOfRecord(record, actionsOf(body), active.length);
  const needed = Math.max(0, ...policies.map(({ inFavourNeeded }) => inFavourNeeded));
  const end = record === undefined ? undefined : expiresAtSeconds(record);
  return {
    voted,
    missing: active
      .filter((member) => !Object.hasOwn(info.ballots, member.id))
      .map((member) => ({ memberId: member.id, name: member.name })),
    inFavour,
    against: voted.filter((voter) => voter.inFavour === false).length,
    policies,
    inFavourMissing: info.state === 'Open' ? Math.max(0, needed - inFavour) : 0,
    ...(record !== undefined && { createdAt: record.createdAtSeconds }),
    ...(end !== undefined && { expiresAt: end }),
  };
}

function votersOf(
  scope: Scope,
  id: string,
  info: ProposalInfo,
  runScripts: boolean,
): readonly Omit<TallyVoter, 'name'>[] {
  const { finalVotes, voteFailures } = info;
  const counted =
    finalVotes !== undefined
      ? { votes: finalVotes, failures: voteFailures ?? {} }
      : runScripts
        ? countedNow(scope, id, info)
        : { votes: {}, failures: {} };
  return Object.entries(info.ballots).map(([memberId, ballot]) => {
    const known = Object.hasOwn(counted.votes, memberId) ? counted.votes[memberId] : undefined;
    const failure = Object.hasOwn(counted.failures, memberId) ? counted.failures[memberId] : undefined;
    return {
      memberId,
      inFavour: known ?? (finalVotes === undefined ? plainVote(ballot) : undefined) ?? null,
      ...(failure !== undefined && { failure: failure.reason }),
    };
  });
}

function countedNow(
  scope: Scope,
  id: string,
  info: ProposalInfo,
): {
  readonly votes: Readonly<Record<string, boolean>>;
  readonly failures: Readonly<Record<string, { readonly reason: string }>>;
} {
  const body = readBody(scope.transaction, id) ?? '';
  const { votes, failures } = countBallots(scope, { id, body, info });
  return {
    votes: Object.fromEntries(votes.map(({ memberId, inFavour }) => [memberId, inFavour])),
    failures,
  };
}

function policiesOfRecord(
  record: ProposalRecord | undefined,
  actions: readonly { readonly name: string }[],
  active: number,
): readonly TallyPolicy[] {
  if (record === undefined) return [];
  const names = new Set(actions.length > 0 ? actions.map(({ name }) => name) : record.actions);
  return [...names].map((action) => {
    const { name: decidedBy, policy } = policyFor(record.policies, action);
    const { inFavour, voted } = votesNeeded(policy, active);
    return {
      action,
      decidedBy,
      policy,
      sentence: policySentence(policy),
      inFavourNeeded: inFavour,
      votedNeeded: voted,
    };
  });
}
