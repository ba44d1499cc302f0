/**
 * `/gov/coco/data`: what nodes have written down of data that goes point to point (CONF-6). Only nodes of its parties ask here, each in
 * the name of an actor that it has authenticated; the answer to all others is the same whether the data is known or not.
 */
import { readActors } from '../actors/readActors.js';
import { readNode } from '../nodeRow.js';
import { isDataId, parseDataFields, readDataRow, writeDataRow } from '../pointToPoint/dataRow.js';
import { refuse } from '../requests/refusal.js';
import { answerJson, answerWritten } from '../requests/responses.js';
import { isJsonObject, type JsonObject, parseJson, readObject, rowKey } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { GovernanceAnswer } from '../types.js';
import type { Route, RouteRequest } from './router.js';

const common = { method: 'POST', primary: true, unversioned: true } as const;

export const dataRoutes: readonly Route[] = [
  { ...common, template: '/gov/coco/data:record', handle: record },
  { ...common, template: '/gov/coco/data:purge', handle: purge },
  { ...common, template: '/gov/coco/data:find', handle: find },
];

const requestBytesMax = 16_384;

/** That all parties have it: each has a node that said so to the one that asks. */
function record(request: RouteRequest): GovernanceAnswer {
  const { transaction, context } = request;
  const { digest, body, actorId } = asked(request);
  const fields = parseDataFields(body);
  if (fields === undefined) refuse(400, 'InvalidInput', 'these are not the fields of a row, within limits');
  const { members, participants } = readActors(transaction);
  const actors = new Set([...members, ...participants].map(({ id }) => id));
  if (!fields.parties.every((id) => actors.has(id))) {
    refuse(400, 'InvalidInput', 'one of the parties is neither a member nor a participant');
  }
  if (!fields.parties.includes(actorId)) refuse(403, 'AuthorizationFailed', notOfParty);
  if (transaction.has(governanceTables.pointToPoint, rowKey(digest))) {
    refuse(409, 'InvalidInput', 'it is recorded already');
  }
  const { expiresAtMs = Number.POSITIVE_INFINITY, expiresAtSeqno = Number.POSITIVE_INFINITY } = fields;
  if (expiresAtMs <= context.nowMs || expiresAtSeqno <= context.committed.seqno) {
    refuse(400, 'InvalidInput', 'it would have expired already');
  }
  writeDataRow(transaction, digest, { ...fields, recordedAtMs: context.nowMs });
  return answerWritten({ digest });
}

/** That it is to be let go of, in the name of the party `by`. */
function purge(request: RouteRequest): GovernanceAnswer {
  const { transaction, context } = request;
  const { digest, body, actorId } = asked(request);
  const row = readDataRow(transaction, digest);
  const { by } = body;
  if (row === undefined || !row.parties.includes(actorId) || !isDataId(by) || !row.parties.includes(by)) {
    refuse(404, 'ResourceNotFound', unknown);
  }
  if (row.purged !== undefined) return answerJson({ digest });
  writeDataRow(transaction, digest, { ...row, purged: { by, atMs: context.nowMs } });
  return answerWritten({ digest });
}

/** Whether it is recorded, by the newest that the primary has: what a node was given and is not recorded, it lets go of. */
function find(request: RouteRequest): GovernanceAnswer {
  const { digest, actorId } = asked(request);
  const row = readDataRow(request.transaction, digest);
  return answerJson({ digest, recorded: row?.parties.includes(actorId) === true });
}

interface Asked {
  readonly digest: string;
  readonly body: JsonObject;
  /** Whose the node is that asks. */
  readonly actorId: string;
}

function asked({ request, transaction }: RouteRequest): Asked {
  const { caller, body } = request;
  const row =
    caller.kind === 'node' ? readObject(transaction, governanceTables.nodeInfo, caller.id) : undefined;
  const read =
    row === undefined || caller.kind !== 'node' ? undefined : readNode(transaction, caller.id, row);
  const node = read !== undefined && 'node' in read ? read.node : undefined;
  if (node?.status !== 'Trusted' || node.actorId === undefined)
    refuse(403, 'AuthorizationFailed', notOfParty);
  if (body.length > requestBytesMax) refuse(413, 'RequestBodyTooLarge', 'that is too long for a row');
  const fields = parseJson(body);
  const digest = isJsonObject(fields) ? fields['digest'] : undefined;
  if (!isJsonObject(fields) || !isDataId(digest)) {
    refuse(400, 'InvalidInput', 'digest must be 64 lower-case hexadecimal digits');
  }
  return { digest, body: fields, actorId: node.actorId };
}

const notOfParty = 'this is for nodes that take part, of actors that the data is for';
const unknown = 'there is no such data';
