/**
 * The life of a proposal (GOV-3, GOV-6): made, voted on, withdrawn. Each of these is one transaction; a refusal leaves no
 * trace.
 */
import { sha256 } from '@coco/crypto';
import { fromUtf8, toHex, utf8 } from '@coco/primitives';
import { refuse } from '../requests/refusal.js';
import { noteProposal, recordHistory } from '../requests/replay.js';
import type { SignedRequest } from '../requests/signedRequest.js';
import { isJsonObject, parseJson } from '../rows.js';
import { readVotingPolicies } from '../votingPolicy.js';
import { closeRecord, settleProposals } from './closing.js';
import { dropExpired, infoAt } from './expiry.js';
import {
  actionsOf,
  allInfos,
  type OpenProposal,
  type ProposalInfo,
  readBody,
  readInfo,
  readRecord,
  writeBody,
  writeInfo,
  writeRecord,
} from './proposal.js';
import { type Resolved, resolveProposal } from './resolve.js';
import { runConstitution, type Scope } from './scope.js';

/** What a request left of a proposal. */
export interface Outcome extends Resolved {
  readonly id: string;
  /** False when there was nothing to write. */
  readonly writes: boolean;
}

/** Takes a new proposal, and decides it at once if the constitution lets it. */
export function createProposal(scope: Scope, signed: SignedRequest): Outcome {
  const { transaction, context } = scope;
  const id = toHex(sha256(context.root(), sha256(signed.message.signature)));
  const body = proposalText(signed.payload);
  noteProposal(transaction, signed, id);
  dropExpired(transaction, context.nowMs);
  checkOpenProposals(scope, signed.member.id);
  checkValid(scope, body);
  const proposal = openProposal(scope, { id, body, proposerId: signed.member.id });
  recordHistory(transaction, signed);
  return { id, ...resolveProposal(scope, proposal), writes: true };
}

/** Text of a body, which must be a JSON object. */
export function proposalText(payload: Uint8Array): string {
  const text = fromUtf8(payload);
  if (text === undefined || !isJsonObject(parseJson(payload))) {
    refuse(400, 'InvalidInput', 'a proposal must be a JSON object, not nested too deep');
  }
  return text;
}

/** What the constitution says to a proposal before anyone votes. */
export function validity(
  scope: Scope,
  body: string,
): { readonly valid: boolean; readonly description: string } {
  const result = runConstitution(scope, (script) =>
    scope.scripts.validate(scope.transaction, { ...script, proposal: body }),
  );
  if (result.outcome === 'failed') {
    refuse(
      500,
      'InternalError',
      `Failed to execute validation: ${result.reason} ${result.trace ?? ''}`.trimEnd(),
    );
  }
  const { value } = result;
  if (!isJsonObject(value)) refuse(500, 'InternalError', 'Validation failed to return an object');
  const { valid, description } = value;
  return { valid: valid === true, description: typeof description === 'string' ? description : '' };
}

/** Writes the rows of a new proposal. */
export function openProposal(
  { transaction, context }: Scope,
  made: { readonly id: string; readonly body: string; readonly proposerId: string },
): OpenProposal {
  const { id, body, proposerId } = made;
  if (readRecord(transaction, id) !== undefined)
    refuse(500, 'InternalError', 'this proposal id exists already');
  const info: ProposalInfo = { proposerId, state: 'Open', ballots: {} };
  writeBody(transaction, id, utf8(body));
  writeInfo(transaction, id, info);
  writeRecord(transaction, id, {
    createdAtSeconds: Math.floor(context.nowMs / 1000),
    seqno: transaction.seqno,
    policies: readVotingPolicies(transaction),
    proposerId,
    actions: [...new Set(actionsOf(body).map(({ name }) => name))],
  });
  return { id, body, info };
}

/** Takes the ballot of a member, and decides anew. */
export function submitBallot(scope: Scope, id: string, signed: SignedRequest, ballot: string): Outcome {
  const { transaction, context } = scope;
  const proposal = openOne(scope, id);
  const memberId = signed.member.id;
  const earlier = Object.hasOwn(proposal.info.ballots, memberId)
    ? proposal.info.ballots[memberId]
    : undefined;
  if (earlier !== undefined && earlier !== ballot) {
    refuse(
      400,
      'VoteAlreadyExists',
      `${memberId} has voted on ${id} already, and a ballot cannot be changed`,
    );
  }
  const ballots = { ...proposal.info.ballots, [memberId]: ballot };
  dropExpired(transaction, context.nowMs);
  const resolved = resolveProposal(scope, { ...proposal, info: { ...proposal.info, ballots } });
  // The same ballot once more asks for the votes to be counted anew, after a change of membership for example.
  const writes = earlier === undefined || resolved.info.state !== 'Open';
  if (writes) recordHistory(transaction, signed);
  return { id, ...resolved, writes };
}

/** Withdraws a proposal, which only its proposer can; undefined when there is no such proposal (any more). */
export function withdrawProposal(scope: Scope, id: string, signed: SignedRequest): Outcome | undefined {
  const { transaction, context } = scope;
  const info = readInfo(transaction, id);
  if (info === undefined) return undefined;
  if (info.proposerId !== signed.member.id) {
    refuse(403, 'AuthorizationFailed', `proposal ${id} can only be withdrawn by ${info.proposerId}`);
  }
  const now = infoAt(transaction, id, info, context.nowMs);
  if (now.state === 'Withdrawn') return { id, info: now, writes: false };
  if (now.state !== 'Open') notOpen(id, now);
  const withdrawn: ProposalInfo = { ...info, state: 'Withdrawn' };
  dropExpired(transaction, context.nowMs);
  writeInfo(transaction, id, withdrawn);
  closeRecord(transaction, id, 'Withdrawn', context.nowMs);
  settleProposals(transaction, context.nowMs);
  recordHistory(transaction, signed);
  return { id, info: withdrawn, writes: true };
}

function openOne({ transaction, context }: Scope, id: string): OpenProposal {
  const info = readInfo(transaction, id);
  const body = readBody(transaction, id);
  if (info === undefined || body === undefined) {
    const closed = readRecord(transaction, id)?.closed;
    if (closed === undefined) refuse(404, 'ProposalNotFound', `there is no proposal ${id}`);
    refuse(400, 'ProposalNotOpen', `proposal ${id} is ${closed.state}`);
  }
  const now = infoAt(transaction, id, info, context.nowMs);
  if (now.state !== 'Open') notOpen(id, now);
  return { id, body, info };
}

function notOpen(id: string, { state, failure }: ProposalInfo): never {
  const why = failure === undefined ? '' : ` (${failure.reason})`;
  refuse(
    400,
    'ProposalNotOpen',
    `proposal ${id} is ${state}${why}: only open proposals can be voted on or withdrawn`,
  );
}

function checkOpenProposals({ transaction, settings }: Scope, memberId: string): void {
  let open = 0;
  for (const [, info] of allInfos(transaction)) {
    if (info.state === 'Open' && info.proposerId === memberId) open += 1;
  }
  if (open < settings.openProposalsMax) return;
  const sentence = `the member has ${open} open proposals: one must be decided or withdrawn before the next`;
  refuse(429, 'TooManyPendingTransactions', sentence);
}

function checkValid(scope: Scope, body: string): void {
  const { valid, description } = validity(scope, body);
  if (!valid) refuse(400, 'ProposalFailedToValidate', `Proposal failed to validate: ${description}`);
}
