/**
 * `/gov/members/state-digests`: a member that was voted in acknowledges the state of the ledger, and is Active from then on.
 */
import { toBase64, toHex } from '@coco/primitives';
import { refuse } from '../requests/refusal.js';
import { answerJson, answerNothing, answerWritten } from '../requests/responses.js';
import { readSignedRequest, type SignedRequest } from '../requests/signedRequest.js';
import { isJsonObject, parseJson, putRow, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { GovernanceAnswer } from '../types.js';
import { pathId } from './pathIds.js';
import type { Route, RouteRequest } from './router.js';

export const stateDigestRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/members/state-digests/{memberId}', handle: get },
  { method: 'POST', template: '/gov/members/state-digests/{memberId}:update', primary: true, handle: update },
  {
    method: 'POST',
    template: '/gov/members/state-digests/{memberId}:ack',
    primary: true,
    handle: acknowledge,
  },
];

function get(request: RouteRequest): GovernanceAnswer {
  const memberId = pathId(request, 'memberId');
  const stateDigest = expectedDigest(request, memberId);
  if (stateDigest === undefined) {
    refuse(404, 'ResourceNotFound', `there is no state digest for member ${memberId}`);
  }
  return answerJson({ memberId, stateDigest });
}

function update(request: RouteRequest): GovernanceAnswer {
  const { member } = signedByMember(request, 'state_digest');
  const stateDigest = toHex(request.context.root());
  const ack = readObject(request.transaction, governanceTables.memberAcks, member.id);
  putRow(request.transaction, governanceTables.memberAcks, member.id, { ...ack, state_digest: stateDigest });
  return answerWritten({ memberId: member.id, stateDigest });
}

function acknowledge(request: RouteRequest): GovernanceAnswer {
  const { transaction } = request;
  const { member, payload, envelope } = signedByMember(request, 'ack');
  const digest = expectedDigest(request, member.id);
  if (digest === undefined || digest === '') {
    refuse(403, 'AuthorizationFailed', 'the member has not asked for a state digest to acknowledge');
  }
  const body = parseJson(payload);
  const signed = isJsonObject(body) ? textOf(body['stateDigest']) : undefined;
  if (signed === undefined) {
    refuse(400, 'InvalidInput', 'the body must be a JSON object with "stateDigest": a string');
  }
  if (signed !== digest) {
    refuse(400, 'StateDigestMismatch', `the state digest is ${digest}, not what was signed`);
  }
  putRow(transaction, governanceTables.memberAcks, member.id, {
    cose_sign1_req: toBase64(envelope),
    state_digest: digest,
  });
  const info = readObject(transaction, governanceTables.memberInfo, member.id);
  if (info?.['status'] !== 'Active') {
    putRow(transaction, governanceTables.memberInfo, member.id, { ...info, status: 'Active' });
  }
  return answerNothing(true);
}

function expectedDigest({ transaction }: RouteRequest, memberId: string): string | undefined {
  return textOf(readObject(transaction, governanceTables.memberAcks, memberId)?.['state_digest']);
}

function signedByMember(request: RouteRequest, type: 'state_digest' | 'ack'): SignedRequest {
  const memberId = pathId(request, 'memberId');
  const expected = { type, accepted: true, payloadBytesMax: 4096, nowMs: request.context.nowMs };
  const signed = readSignedRequest(request.request, request.transaction, expected);
  if (signed.member.id !== memberId) {
    refuse(400, 'InvalidAuthenticationInfo', 'the member that signed is not that of the path');
  }
  return signed;
}
