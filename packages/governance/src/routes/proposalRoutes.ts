/**
 * `/gov/members/proposals`: proposals and ballots, in CCF's format.
 */
import { parseBallot } from '../proposals/ballot.js';
import { infoAt } from '../proposals/expiry.js';
import { createProposal, type Outcome, submitBallot, withdrawProposal } from '../proposals/life.js';
import { allInfos, type ProposalInfo, readBody, readInfo } from '../proposals/proposal.js';
import { refuse } from '../requests/refusal.js';
import { answerJson, answerNothing, answerScript, answerWritten } from '../requests/responses.js';
import { type MessageType, readSignedFor, readSignedRequest } from '../requests/signedRequest.js';
import type { GovernanceAnswer } from '../types.js';
import { pathId } from './pathIds.js';
import type { Route, RouteRequest } from './router.js';

/** Signed payloads besides proposals and ballots are nothing, or a few words. */
const smallPayloadBytesMax = 4096;

export const proposalRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/members/proposals', handle: list },
  { method: 'POST', template: '/gov/members/proposals:create', primary: true, handle: create },
  { method: 'GET', template: '/gov/members/proposals/{proposalId}', handle: get },
  {
    method: 'POST',
    template: '/gov/members/proposals/{proposalId}:withdraw',
    primary: true,
    handle: withdraw,
  },
  { method: 'GET', template: '/gov/members/proposals/{proposalId}/actions', handle: getActions },
  { method: 'GET', template: '/gov/members/proposals/{proposalId}/ballots/{memberId}', handle: getBallot },
  {
    method: 'POST',
    template: '/gov/members/proposals/{proposalId}/ballots/{memberId}:submit',
    primary: true,
    handle: submit,
  },
];

/** A proposal in CCF's format. */
export function proposalBody(id: string, info: ProposalInfo): Readonly<Record<string, unknown>> {
  return {
    proposalId: id,
    proposerId: info.proposerId,
    proposalState: info.state,
    ballotCount: Object.keys(info.ballots).length,
    ...(info.finalVotes !== undefined && { finalVotes: info.finalVotes }),
    ...(info.voteFailures !== undefined && { voteFailures: info.voteFailures }),
    ...(info.failure !== undefined && { failure: info.failure }),
  };
}

/** The proposal as it is now, or a refusal. */
export function findProposal({ transaction, context }: RouteRequest, id: string): ProposalInfo {
  const info = readInfo(transaction, id);
  if (info === undefined) refuse(404, 'ProposalNotFound', `there is no proposal ${id}`);
  return infoAt(transaction, id, info, context.nowMs);
}

function list({ transaction, context }: RouteRequest): GovernanceAnswer {
  const value = [...allInfos(transaction)].map(([id, info]) =>
    proposalBody(id, infoAt(transaction, id, info, context.nowMs)),
  );
  return answerJson({ value });
}

function create(request: RouteRequest): GovernanceAnswer {
  const signed = readSignedRequest(request.request, request.transaction, {
    ...expected(request, 'proposal'),
    payloadBytesMax: request.settings.proposalBytesMax,
  });
  return answerOutcome(createProposal(request, signed));
}

function get(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'proposalId');
  return answerJson(proposalBody(id, findProposal(request, id)));
}

function getActions(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'proposalId');
  const body = readBody(request.transaction, id);
  if (body === undefined) refuse(404, 'ProposalNotFound', `there is no proposal ${id}`);
  const answer = answerScript(body);
  return { ...answer, response: { ...answer.response, headers: { 'content-type': 'application/json' } } };
}

function withdraw(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'proposalId');
  const signed = readSignedFor(id, request.request, request.transaction, expected(request, 'withdrawal'));
  const outcome = withdrawProposal(request, id, signed);
  if (outcome === undefined) return answerNothing(false);
  return answerOutcome(outcome);
}

function submit(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'proposalId');
  const memberId = pathId(request, 'memberId');
  const { ballotBytesMax } = request.settings;
  const signed = readSignedFor(id, request.request, request.transaction, {
    ...expected(request, 'ballot'),
    // A script in JSON may be twice as long, and more, as the script.
    payloadBytesMax: 6 * ballotBytesMax + smallPayloadBytesMax,
  });
  if (signed.member.id !== memberId) {
    refuse(400, 'InvalidResourceName', 'the member that signed is not that of the path');
  }
  return answerOutcome(submitBallot(request, id, signed, parseBallot(signed.payload, ballotBytesMax)));
}

function answerOutcome({ id, info, writes, triggers }: Outcome): GovernanceAnswer {
  const body = proposalBody(id, info);
  if (!writes) return answerJson(body);
  return { ...answerWritten(body), ...(triggers !== undefined && { triggers }) };
}

function getBallot(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'proposalId');
  const memberId = pathId(request, 'memberId');
  const { ballots } = findProposal(request, id);
  const ballot = Object.hasOwn(ballots, memberId) ? ballots[memberId] : undefined;
  if (ballot === undefined) refuse(404, 'VoteNotFound', `member ${memberId} has not voted on proposal ${id}`);
  return answerScript(ballot);
}

function expected(
  { context }: RouteRequest,
  type: MessageType,
): {
  readonly type: MessageType;
  readonly accepted: boolean;
  readonly payloadBytesMax: number;
  readonly nowMs: number;
} {
  return { type, accepted: false, payloadBytesMax: smallPayloadBytesMax, nowMs: context.nowMs };
}
