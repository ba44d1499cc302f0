/**
 * Signed governance requests: COSE_Sign1 as Microsoft CCF takes them, in three steps that can happen on three
 * machines: prepare, sign, submit.
 *
 *   protected header   1: algorithm, 4: kid (hex SHA-256 of the member's certificate, as text bytes),
 *                      "ccf.gov.msg.type", "ccf.gov.msg.created_at" (seconds since 1970),
 *                      "ccf.gov.msg.proposal_id" for ballots and withdrawals; 33: x5chain (RFC 9360), leaf first,
 *                      when the key that signs is of a certificate beneath the member's (ACT-2)
 *   payload            attached; JSON, or nothing
 */
import { type Certificate, coseDecode, coseEncode, cosePrepare } from '@coco/crypto';
import { CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { isRecord } from './json-rpc.js';
import { checkedSignature, type Signer } from './signer.js';

export type GovernanceRequestType =
  | 'proposal'
  | 'ballot'
  | 'withdrawal'
  | 'state_digest'
  | 'ack'
  | 'vn_tuple'
  | 'recovery_request'
  | 'recovery_answer';

/** What is to be said, and by whom. */
export interface GovernanceRequest {
  readonly type: GovernanceRequestType;
  /** Id of the actor that signs: hex SHA-256 of its registered certificate. */
  readonly actorId: string;
  /** Ballots and withdrawals only. */
  readonly proposalId?: string;
  /** Seconds since 1970; the network refuses requests that are much older than others of late. */
  readonly createdAt: number;
  /** JSON; empty for withdrawal and state_digest. */
  readonly payload: Uint8Array;
}

/** A request whose bytes are fixed, and only want a signature. */
export interface PreparedRequest extends GovernanceRequest {
  /** The certificate whose key has to sign, and those above it. */
  readonly certificates: Signer['certificates'];
  readonly protectedBytes: Uint8Array;
  /** COSE's Sig_structure. */
  readonly toBeSigned: Uint8Array;
}

/** Fixes the bytes of `request`, to be signed by the key of the first of `certificates`. */
export function prepareRequest(
  request: GovernanceRequest,
  certificates: Signer['certificates'],
): PreparedRequest {
  const protectedHeader = new Map<unknown, unknown>([
    [labels.keyId, utf8(request.actorId)],
    [labels.type, request.type],
    [labels.createdAt, request.createdAt],
  ]);
  if (request.proposalId !== undefined) protectedHeader.set(labels.proposalId, request.proposalId);
  const [leaf] = certificates;
  if (leaf.fingerprint !== request.actorId) protectedHeader.set(labels.chain, chainValue(certificates));
  const prepared = cosePrepare({ protectedHeader, payload: request.payload, curve: leaf.publicKey.curve });
  return { ...request, certificates, ...prepared };
}

/** The message, with the signature (DER or r || s) that somebody made over `toBeSigned`. COCO_CLIENT_SIGNATURE. */
export function completeRequest(prepared: PreparedRequest, signature: Uint8Array): Uint8Array {
  return coseEncode({
    protectedBytes: prepared.protectedBytes,
    unprotectedHeader: new Map(),
    payload: prepared.payload,
    signature: checkedSignature(prepared.certificates[0].publicKey, prepared.toBeSigned, signature),
  });
}

/** Prepares and signs in one go: the COSE_Sign1. COCO_CLIENT_SIGNER, COCO_CLIENT_SIGNATURE. */
export async function signRequest(request: GovernanceRequest, signer: Signer): Promise<Uint8Array> {
  const prepared = prepareRequest(request, signer.certificates);
  return completeRequest(prepared, await signer.sign(prepared.toBeSigned));
}

/** What a signed request says: enough to know where it goes. COCO_CLIENT_REQUEST. The signature is not checked. */
export function readRequest(message: Uint8Array): GovernanceRequest {
  try {
    const { protectedHeader, payload = new Uint8Array(0) } = coseDecode(message);
    const type = requestTypes.find((one) => one === protectedHeader.get(labels.type));
    const keyId = protectedHeader.get(labels.keyId);
    const actorId = keyId instanceof Uint8Array ? fromUtf8(keyId) : undefined;
    const createdAt = protectedHeader.get(labels.createdAt);
    const proposalId = protectedHeader.get(labels.proposalId);
    if (type === undefined) throw new Error(`its header ${labels.type} is missing or not known`);
    if (actorId === undefined || !isId(actorId)) throw new Error('its kid is not the id of an actor');
    if (needsProposal(type) !== (typeof proposalId === 'string' && isId(proposalId))) {
      throw new Error(`its header ${labels.proposalId} does not fit its type`);
    }
    return {
      type,
      actorId,
      createdAt: typeof createdAt === 'number' ? createdAt : 0,
      payload,
      ...(typeof proposalId === 'string' && { proposalId }),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CocoError('COCO_CLIENT_REQUEST', `not a signed governance request: ${reason}`);
  }
}

/** Where a request of this kind is posted. COCO_CLIENT_REQUEST for a kind that is not posted by itself. */
export function requestPath({ type, actorId, proposalId = '' }: Omit<GovernanceRequest, 'payload'>): string {
  const members = '/gov/members';
  const paths: Partial<Record<GovernanceRequestType, string>> = {
    proposal: `${members}/proposals:create`,
    ballot: `${members}/proposals/${proposalId}/ballots/${actorId}:submit`,
    withdrawal: `${members}/proposals/${proposalId}:withdraw`,
    state_digest: `${members}/state-digests/${actorId}:update`,
    ack: `${members}/state-digests/${actorId}:ack`,
  };
  const path = paths[type];
  if (path === undefined) {
    throw new CocoError('COCO_CLIENT_REQUEST', `a ${type} is not submitted by itself`, { type });
  }
  return `${path}?${apiVersion}`;
}

/** The version of `/gov` that this client speaks. */
export const apiVersion = 'api-version=2024-07-01';

/** True for the form of ids: 64 lower-case hexadecimal digits. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The payload of a ballot: a script that votes `inFavour`, as every constitution understands it. */
export function plainBallot(inFavour: boolean): Uint8Array {
  return scriptBallot(`export function vote (rawProposal, proposerId) { return ${inFavour}; }`);
}

/** The payload of a ballot that is a script of one's own: a module that exports `vote(rawProposal, proposerId)`. */
export function scriptBallot(script: string): Uint8Array {
  return utf8(JSON.stringify({ ballot: script }));
}

/** The payload of an ack of `stateDigest`. */
export function ackPayload(stateDigest: string): Uint8Array {
  return utf8(JSON.stringify({ stateDigest }));
}

/** `value` when it is a proposal's body: `{"actions": [{"name", "args"}, …]}`; else the fault in words. */
export function proposalFault(value: unknown): string | undefined {
  const actions = isRecord(value) ? value.actions : undefined;
  if (!Array.isArray(actions) || actions.length === 0) return 'it must be {"actions": [ … ]} with an action';
  for (const [index, action] of actions.entries()) {
    if (!isRecord(action) || typeof action.name !== 'string') return `actions[${index}] has no name`;
  }
  return undefined;
}

const labels = {
  keyId: 4,
  chain: 33,
  type: 'ccf.gov.msg.type',
  createdAt: 'ccf.gov.msg.created_at',
  proposalId: 'ccf.gov.msg.proposal_id',
} as const;

const requestTypes: readonly GovernanceRequestType[] = [
  'proposal',
  'ballot',
  'withdrawal',
  'state_digest',
  'ack',
  'vn_tuple',
  'recovery_request',
  'recovery_answer',
];

/** RFC 9360: one certificate is a byte string, more are an array of them. */
function chainValue(certificates: readonly Certificate[]): unknown {
  const [leaf, ...above] = certificates.map(({ der }) => der);
  return above.length === 0 ? leaf : [leaf, ...above];
}

function needsProposal(type: GovernanceRequestType): boolean {
  return type === 'ballot' || type === 'withdrawal';
}
