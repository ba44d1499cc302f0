/**
 * `/node/data`: data that goes point to point (CONF-6), for the actors whose certificates the connection was made with. Whoever has no
 * part in it, and whoever asks a node that has none, is answered as if there were no such data.
 */
import type { Caller } from '@coco/adapter';
import { dataBytesMax, dataPartiesMax, isDataId } from '@coco/governance';
import { CocoError, fromBase64, fromUtf8, toHex } from '@coco/primitives';
import type { HttpResponse } from '../http.js';
import type { DataEntry, DataToSend, PointToPoint } from '../pointToPoint/pointToPoint.js';
import { failure, json } from './answers.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

/** The body of a request with 4 MiB of data, in base64. */
export const dataRequestBytesMax = 6 * 2 ** 20;

/** Of an answer with data: the bytes with which its digest is salted, in hex. */
export const saltHeader = 'x-coco-data-salt';

const { string, integer, listOf } = plain;
const entry = objectOf({
  digest: ref('EntityId'),
  parties: listOf(ref('EntityId')),
  by: ref('EntityId'),
  size: integer,
  recorded_at: integer,
  'expires_at?': integer,
  'expires_at_seqno?': integer,
  state: { type: 'string', enum: ['held', 'missing', 'purged', 'expired'] },
  'purged?': objectOf({ by: ref('EntityId'), at: integer }),
});

export function dataRoutes(data: Pick<PointToPoint, 'put' | 'get' | 'list' | 'purge'>): readonly Route[] {
  const digest = objectOf({ digest: ref('EntityId') });
  return [
    {
      method: 'POST',
      path: '/node/data',
      summary: 'Gives data to the nodes of its parties alone; the ledger gets its digest',
      body: objectOf({
        to: listOf(ref('EntityId')),
        /** Base64. */
        body: string,
        'expires_at?': integer,
        'expires_at_seqno?': integer,
      }),
      answers: { 201: { description: 'All parties have it, and it is recorded', schema: digest } },
      handle: ({ request }) => answered(request.caller, () => put(data, request.caller, request.body)),
    },
    {
      method: 'GET',
      path: '/node/data',
      summary: 'What is recorded between the caller and others, as far as this node has a part in it',
      answers: { 200: { description: 'Without the data', schema: objectOf({ value: listOf(entry) }) } },
      handle: ({ request }) =>
        answered(request.caller, async () => json(200, { value: data.list(request.caller).map(entryJson) })),
    },
    {
      method: 'GET',
      path: '/node/data/{digest}',
      summary: 'The data; with the salt, by which the digest can be checked, in a header',
      answers: {
        200: { description: 'The data', contentType: 'application/octet-stream', schema: string },
        410: { description: 'It was purged, or has expired', schema: ref('Error') },
      },
      handle: (request) => answered(request.request.caller, () => get(data, request)),
    },
    {
      method: 'DELETE',
      path: '/node/data/{digest}',
      summary: 'Has the nodes of all parties let go of it; the ledger keeps its digest',
      answers: { 200: { description: 'Recorded', schema: digest } },
      handle: (request) => answered(request.request.caller, () => purge(data, request)),
    },
  ];
}

async function put(data: Pick<PointToPoint, 'put'>, caller: Caller, body: Uint8Array): Promise<HttpResponse> {
  const asked = parse(body);
  if (typeof asked === 'string') return failure(400, 'COCO_DATA_REQUEST', asked);
  if (asked.body.length > dataBytesMax) {
    return failure(413, 'COCO_DATA_SIZE', `data that goes point to point has at most ${dataBytesMax} bytes`);
  }
  const { digest, recorded } = await data.put(caller, asked);
  return json(201, { digest }, where(recorded));
}

async function get(
  data: Pick<PointToPoint, 'get'>,
  { request, parameters }: RouteRequest,
): Promise<HttpResponse> {
  const { digest = '' } = parameters;
  const answer = isDataId(digest) ? await data.get(request.caller, digest) : ({ found: 'nothing' } as const);
  switch (answer.found) {
    case 'data': {
      const headers = { 'content-type': 'application/octet-stream', [saltHeader]: toHex(answer.data.salt) };
      return { status: 200, headers, body: answer.data.body };
    }
    case 'lost':
      return failure(
        503,
        'COCO_DATA_LOST',
        'this node has lost it, and no other party’s node gives it now; ask again later',
        { 'retry-after': '5' },
      );
    case 'nothing':
      return nothing;
    default:
      return failure(410, 'COCO_DATA_GONE', `it was let go of: ${answer.found}`);
  }
}

async function purge(
  data: Pick<PointToPoint, 'purge'>,
  { request, parameters }: RouteRequest,
): Promise<HttpResponse> {
  const { digest = '' } = parameters;
  const recorded = isDataId(digest) ? await data.purge(request.caller, digest) : undefined;
  return recorded === undefined ? nothing : json(200, { digest }, where(recorded));
}

/** Actors alone; a failure of the room below, by its code. */
async function answered(caller: Caller, work: () => Promise<HttpResponse>): Promise<HttpResponse> {
  if (caller.kind !== 'member' && caller.kind !== 'participant') return strangers;
  try {
    return await work();
  } catch (error) {
    const status = error instanceof CocoError ? statuses[error.code] : undefined;
    if (!(error instanceof CocoError) || status === undefined) throw error;
    // The ledger refused it, and nothing is in doubt.
    const isRefused = typeof error.facts['status'] === 'number' && error.facts['status'] < 500;
    return failure(isRefused ? 409 : status, error.code, error.message);
  }
}

const statuses: Readonly<Record<string, number>> = {
  COCO_DATA_AWAY: 503,
  COCO_DATA_DISK: 507,
  COCO_DATA_FULL: 507,
  COCO_DATA_NODE: 403,
  COCO_DATA_PARTY: 409,
  COCO_DATA_RECORD: 503,
  COCO_DATA_REQUEST: 400,
};

const strangers = failure(401, 'COCO_DATA_CALLER', 'connect with the certificate of a member or participant');
const nothing = failure(404, 'COCO_DATA_NOTHING', 'there is no such data here');

/** A sentence when it is none. */
function parse(bytes: Uint8Array): DataToSend | string {
  let fields: unknown;
  try {
    fields = JSON.parse(fromUtf8(bytes) ?? '');
  } catch {
    return 'the request is not JSON';
  }
  if (typeof fields !== 'object' || fields === null) return 'the request is not an object';
  const { to, body, expires_at: at, expires_at_seqno: seqno } = fields as Record<string, unknown>;
  if (!Array.isArray(to) || to.length === 0 || !to.every(isDataId)) {
    return 'to must be a list of the ids of actors';
  }
  // With whoever sends it.
  if (new Set(to).size >= dataPartiesMax) return `there may be ${dataPartiesMax} parties at most`;
  const decoded = typeof body === 'string' ? fromBase64(body) : undefined;
  if (decoded === undefined) return 'body must be base64';
  for (const [name, value] of Object.entries({ expires_at: at, expires_at_seqno: seqno })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0)) {
      return `${name} must be a whole number`;
    }
  }
  return {
    to,
    body: decoded,
    ...(at !== undefined && { expiresAtMs: at as number }),
    ...(seqno !== undefined && { expiresAtSeqno: seqno as number }),
  };
}

function entryJson({ digest, row, state }: DataEntry) {
  const { parties, by, size, recordedAtMs, expiresAtMs, expiresAtSeqno, purged } = row;
  return {
    digest,
    parties,
    by,
    size,
    recorded_at: recordedAtMs,
    ...(expiresAtMs !== undefined && { expires_at: expiresAtMs }),
    ...(expiresAtSeqno !== undefined && { expires_at_seqno: expiresAtSeqno }),
    state,
    ...(purged !== undefined && { purged: { by: purged.by, at: purged.atMs } }),
  };
}

/** Where in the ledger, as the answer of governance says it. */
function where({ headers }: HttpResponse): Readonly<Record<string, string>> {
  const id = headers['x-ms-ccf-transaction-id'];
  return id === undefined ? {} : { 'x-ms-ccf-transaction-id': id };
}
