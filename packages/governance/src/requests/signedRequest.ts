/**
 * Requests that a member signed, as COSE_Sign1 in CCF's format (formats of CCF, 2(e)), read once and within limits:
 *
 *     protected   1: alg (ES256, ES384, ES512 as the key's curve is), 4: kid (the member's id, hex, as bytes),
 *                 "ccf.gov.msg.type": text, "ccf.gov.msg.created_at": seconds since 1970,
 *                 "ccf.gov.msg.proposal_id": text (ballots and withdrawals)
 *     payload     attached
 *     either      33: x5chain, leaf first, when a key beneath the member's CA signed (see actors/messageSigner.ts)
 */
import type { AdapterRequest } from '@coco/adapter';
import { type CoseSign1, coseDecode } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, fromUtf8 } from '@coco/primitives';
import { verifySigner } from '../actors/messageSigner.js';
import { readActors } from '../actors/readActors.js';
import type { ActorView } from '../types.js';
import { refuse } from './refusal.js';

/** What a member can ask for. */
export type MessageType = 'proposal' | 'ballot' | 'withdrawal' | 'ack' | 'state_digest';

export interface SignedRequest {
  readonly member: ActorView;
  /** Subject of the certificate whose key signed. */
  readonly subject: string;
  /** Seconds since 1970, by the member's clock. */
  readonly createdAt: number;
  readonly proposalId?: string;
  readonly payload: Uint8Array;
  readonly message: CoseSign1;
  /** The request as it came. */
  readonly envelope: Uint8Array;
}

/** What is expected of a request. */
export interface Expected {
  readonly type: MessageType;
  /** Whether a member that has not acknowledged the state yet may ask. */
  readonly accepted: boolean;
  readonly payloadBytesMax: number;
  readonly nowMs: number;
}

const keyIdLabel = 4;
const typeLabel = 'ccf.gov.msg.type';
const createdAtLabel = 'ccf.gov.msg.created_at';
const proposalIdLabel = 'ccf.gov.msg.proposal_id';

/** Headers, certificates and signature, besides the payload. */
const overheadBytesMax = 65536;
/** The largest number of seconds that has ten digits, as the replay window writes them. */
const createdAtMax = 9_999_999_999;
/** How far a member's clock may be ahead of the node's. What is far ahead would push others out of the window. */
const aheadSecondsMax = 600;

/** Whether the body of `request` claims to be COSE. */
export function isCose(request: AdapterRequest): boolean {
  const type = request.headers['content-type'] ?? '';
  return type.split(';')[0]?.trim().toLowerCase() === 'application/cose';
}

/** The signed request in the body of `request`, verified. Refuses what is not exactly that. */
export function readSignedRequest(
  request: AdapterRequest,
  reader: Reader,
  expected: Expected,
): SignedRequest {
  if (!isCose(request)) {
    refuse(415, 'UnsupportedContentType', 'the body must be a COSE_Sign1, of content type application/cose');
  }
  const message = decode(request.body, expected.payloadBytesMax);
  const { payload } = message;
  if (payload === undefined) unauthentic('the payload of the COSE_Sign1 must be attached');
  if (payload.length > expected.payloadBytesMax) tooLarge(expected.payloadBytesMax);
  if (message.protectedHeader.get(typeLabel) !== expected.type) {
    unauthentic(`the protected header "${typeLabel}" must say "${expected.type}"`);
  }
  const proposalId = message.protectedHeader.get(proposalIdLabel);
  if (proposalId !== undefined && typeof proposalId !== 'string') {
    unauthentic(`the protected header "${proposalIdLabel}" must be text`);
  }
  const createdAt = readCreatedAt(message, expected.nowMs);
  const member = signingMember(message, reader, expected);
  const verdict = verifySigner(message, member, expected.nowMs);
  if ('refused' in verdict) unauthentic(verdict.refused);
  return {
    member,
    subject: verdict.subject,
    createdAt,
    ...(proposalId !== undefined && { proposalId }),
    payload,
    message,
    envelope: request.body,
  };
}

/** The signed request about the proposal `proposalId` of the path. */
export function readSignedFor(
  proposalId: string,
  request: AdapterRequest,
  reader: Reader,
  expected: Expected,
): SignedRequest {
  const signed = readSignedRequest(request, reader, expected);
  if (signed.proposalId !== proposalId) {
    refuse(400, 'InvalidResourceName', 'the proposal id that was signed is not that of the path');
  }
  return signed;
}

function decode(body: Uint8Array, payloadBytesMax: number): CoseSign1 {
  const bytesMax = payloadBytesMax + overheadBytesMax;
  if (body.length > bytesMax) tooLarge(payloadBytesMax);
  try {
    return coseDecode(body, { bytesMax, depthMax: 8 });
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    const reason = error.facts['reason'];
    unauthentic(typeof reason === 'string' ? `${error.message} (${reason})` : error.message);
  }
}

function readCreatedAt(message: CoseSign1, nowMs: number): number {
  const value = message.protectedHeader.get(createdAtLabel);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    unauthentic(`the protected header "${createdAtLabel}" must be a number of seconds since 1970`);
  }
  if (value > createdAtMax) refuse(400, 'InvalidCreatedAt', 'created_at is too large');
  if (value > nowMs / 1000 + aheadSecondsMax) {
    refuse(400, 'InvalidCreatedAt', 'created_at is in the future, by the clock of this node');
  }
  return value;
}

function signingMember(message: CoseSign1, reader: Reader, expected: Expected): ActorView {
  const keyId = message.protectedHeader.get(keyIdLabel);
  const id = keyId instanceof Uint8Array ? fromUtf8(keyId) : undefined;
  if (id === undefined) unauthentic('the protected header kid (4) must be the id of a member, as bytes');
  const { members, participants } = readActors(reader);
  const member = members.find((one) => one.id === id);
  if (member === undefined) {
    if (participants.some((one) => one.id === id)) {
      refuse(403, 'AuthorizationFailed', 'participants have no part in governance: only members do');
    }
    unauthentic('the signer is not a member');
  }
  if (member.status !== 'Active' && !expected.accepted) {
    refuse(
      403,
      'AuthorizationFailed',
      'the member is not active yet: it must acknowledge a state digest first',
    );
  }
  return member;
}

function unauthentic(sentence: string): never {
  refuse(401, 'InvalidAuthenticationInfo', sentence);
}

function tooLarge(payloadBytesMax: number): never {
  refuse(413, 'RequestBodyTooLarge', `more than ${payloadBytesMax} bytes cannot be signed in this request`);
}
