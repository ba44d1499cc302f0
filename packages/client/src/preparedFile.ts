/**
 * A prepared request as a file, to be carried to the machine that signs: JSON that a person can read before signing.
 *
 *   {"format": "coco-request/1", "type", "actor_id", "proposal_id"?, "created_at", "certificates" (PEM),
 *    "payload" (text), "to_be_signed" (base64), "sha" (hex of the hash that is signed)}
 *
 * Whoever signs need not believe it: the bytes to be signed are made again from the other fields and compared.
 */
import { sha256, sha384, sha512 } from '@coco/crypto';
import { CocoError, equalBytes, fromBase64, fromUtf8, toBase64, toHex, utf8 } from '@coco/primitives';
import {
  type GovernanceRequestType,
  isId,
  type PreparedRequest,
  prepareRequest,
} from './governanceRequest.js';
import { isRecord } from './json-rpc.js';
import { readCertificateChain } from './signer.js';

const format = 'coco-request/1';
const hashOf = { 'P-256': sha256, 'P-384': sha384, 'P-521': sha512 } as const;

/** The file's text. */
export function formatPrepared(prepared: PreparedRequest): string {
  const { type, actorId, proposalId, createdAt, certificates, payload, toBeSigned } = prepared;
  const file = {
    format,
    type,
    actor_id: actorId,
    ...(proposalId !== undefined && { proposal_id: proposalId }),
    created_at: createdAt,
    certificates: certificates.map(({ pem }) => pem).join(''),
    payload: fromUtf8(payload) ?? '',
    to_be_signed: toBase64(toBeSigned),
    sha: toHex(hashOf[certificates[0].publicKey.curve](toBeSigned)),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads what `formatPrepared` wrote. COCO_CLIENT_REQUEST when it is not that, or says other than it has signed. */
export function parsePrepared(text: string): PreparedRequest {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw refused('it is not JSON');
  }
  if (!isRecord(file) || file.format !== format) throw refused(`its format is not ${format}`);
  const { type, actor_id, proposal_id, created_at, certificates, payload, to_be_signed } = file;
  if (typeof type !== 'string' || typeof payload !== 'string' || typeof certificates !== 'string') {
    throw refused('type, payload and certificates must be texts');
  }
  if (typeof actor_id !== 'string' || !isId(actor_id)) throw refused('actor_id is not the id of an actor');
  if (proposal_id !== undefined && typeof proposal_id !== 'string')
    throw refused('proposal_id is not a text');
  if (typeof created_at !== 'number' || !Number.isSafeInteger(created_at)) {
    throw refused('created_at is not a number of seconds');
  }
  const request = {
    type: type as GovernanceRequestType,
    actorId: actor_id,
    ...(proposal_id !== undefined && { proposalId: proposal_id }),
    createdAt: created_at,
    payload: utf8(payload),
  };
  const prepared = prepareRequest(request, readCertificateChain(certificates));
  const stated = typeof to_be_signed === 'string' ? fromBase64(to_be_signed) : undefined;
  if (stated === undefined || !equalBytes(stated, prepared.toBeSigned)) {
    throw refused('to_be_signed is not what the other fields say; do not sign it');
  }
  return prepared;
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_CLIENT_REQUEST', `not a prepared request: ${reason}`);
}
