/**
 * `/gov/coco`: what Coco adds for people: the constitution in summary, how a proposal stands, rehearsal, history.
 */

import { readActors } from '../actors/readActors.js';
import { proposalText } from '../proposals/life.js';
import { actionsOf, allRecords, readBody, readInfo, readRecord } from '../proposals/proposal.js';
import { rehearse } from '../proposals/rehearse.js';
import { constitutionOf, idleLimits } from '../proposals/scope.js';
import { tallyOf } from '../proposals/tally.js';
import { refuse } from '../requests/refusal.js';
import { answerJson } from '../requests/responses.js';
import { isCose, readSignedRequest } from '../requests/signedRequest.js';
import { objectRows } from '../rows.js';
import { constitutionSummary } from '../summary.js';
import { governanceTables } from '../tables.js';
import type { GovernanceAnswer } from '../types.js';
import { pathId } from './pathIds.js';
import { findProposal, proposalBody } from './proposalRoutes.js';
import type { Route, RouteRequest } from './router.js';

export const cocoRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/coco/constitution', unversioned: true, handle: constitution },
  { method: 'GET', template: '/gov/coco/history', unversioned: true, handle: history },
  { method: 'GET', template: '/gov/coco/alarms', unversioned: true, handle: alarms },
  { method: 'GET', template: '/gov/coco/proposals/{proposalId}', unversioned: true, handle: proposal },
  { method: 'POST', template: '/gov/coco/proposals:rehearse', unversioned: true, handle: rehearsal },
];

function constitution(request: RouteRequest): GovernanceAnswer {
  const actions = request.scripts.actions(constitutionOf(request), idleLimits(request));
  return answerJson(constitutionSummary(request.transaction, actions));
}

/** Accepted proposals, the oldest first. */
function history({ transaction }: RouteRequest): GovernanceAnswer {
  const accepted = [...allRecords(transaction)].flatMap(([proposalId, record]) => {
    const { closed, proposerId, actions, createdAtSeconds } = record;
    if (closed?.state !== 'Accepted') return [];
    const kept = readInfo(transaction, proposalId);
    return [
      {
        proposalId,
        proposerId,
        actions,
        createdAt: createdAtSeconds,
        acceptedAt: closed.atSeconds,
        /** The version on which it was decided; its changes are in the entry after that. */
        seqno: closed.seqno,
        ...(kept?.finalVotes !== undefined && { finalVotes: kept.finalVotes }),
      },
    ];
  });
  return answerJson({ value: accepted.toSorted((a, b) => a.seqno - b.seqno) });
}

/** Transactions that did not come out as they were recorded, until the members close them. */
function alarms({ transaction }: RouteRequest): GovernanceAnswer {
  const rows = [...objectRows(transaction, governanceTables.alarms)];
  return answerJson({ value: rows.map(([alarm, row]) => ({ ...row, alarm })) });
}

function proposal(request: RouteRequest): GovernanceAnswer {
  const { transaction, request: asked } = request;
  const id = pathId(request, 'proposalId');
  const record = readRecord(transaction, id);
  if (readInfo(transaction, id) === undefined && record?.closed !== undefined) {
    const { closed, proposerId, actions, createdAtSeconds } = record;
    // Its body and ballots are in the ledger alone by now.
    return answerJson({
      proposalId: id,
      proposerId,
      proposalState: closed.state,
      actionNames: actions,
      createdAt: createdAtSeconds,
      closedAt: closed.atSeconds,
    });
  }
  const info = findProposal(request, id);
  const actions = actionsOf(readBody(transaction, id));
  return answerJson({
    ...proposalBody(id, info),
    actionNames: [...new Set(actions.map(({ name }) => name))],
    actions,
    ...(record !== undefined && { createdAt: record.createdAtSeconds }),
    ...(record?.closed !== undefined && { closedAt: record.closed.atSeconds }),
    tally: tallyOf(request, id, info, asked.caller.kind !== 'anonymous'),
  });
}

/** Of a signed proposal, or of a plain one when the connection is a member's: scripts cost time. */
function rehearsal(request: RouteRequest): GovernanceAnswer {
  const { body, proposerId } = isCose(request.request) ? signedProposal(request) : plainProposal(request);
  return answerJson(rehearse(request, proposalText(body), proposerId));
}

interface Rehearsed {
  readonly body: Uint8Array;
  readonly proposerId: string;
}

function signedProposal({ request, transaction, settings, context }: RouteRequest): Rehearsed {
  const signed = readSignedRequest(request, transaction, {
    type: 'proposal',
    accepted: false,
    payloadBytesMax: settings.proposalBytesMax,
    nowMs: context.nowMs,
  });
  return { body: signed.payload, proposerId: signed.member.id };
}

function plainProposal({ request, transaction, settings }: RouteRequest): Rehearsed {
  const { caller, body } = request;
  const isMember =
    caller.kind === 'member' && readActors(transaction).members.some(({ id }) => id === caller.id);
  if (!isMember) {
    refuse(
      403,
      'AuthorizationFailed',
      'only members can rehearse: sign the proposal, or connect as a member',
    );
  }
  if (body.length > settings.proposalBytesMax) {
    refuse(413, 'RequestBodyTooLarge', `a proposal may have at most ${settings.proposalBytesMax} bytes`);
  }
  return { body, proposerId: caller.id };
}
