/**
 * The ledger itself, as far as a node tells of it: one entry with what it wrote to public tables, for actors; and chunk files
 * of the past, for other nodes that have not got them.
 */
import type { TableChanges } from '@coco/kv';
import type { Receipt } from '@coco/ledger';
import { CocoError, formatTxId, type Seqno, toBase64, toHex } from '@coco/primitives';
import { chunkOfferJson } from '../history/chunkOffer.js';
import type { ChunkPlaces } from '../history/chunkPlaces.js';
import type { LedgerHistory } from '../history/ledgerHistory.js';
import type { PastQueries, PublicEntry, ReceiptFormat } from '../history/pastQueries.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import { failure, json } from './answers.js';
import { notCommitted, notYet, pastAnswers } from './pastAnswers.js';
import { rangedAnswers, rangedFile } from './rangedFile.js';
import type { Route } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface LedgerFacts {
  readonly past: PastQueries;
  readonly history: Pick<LedgerHistory, 'offer'>;
  readonly places: Pick<ChunkPlaces, 'find'>;
  readonly commit: () => Seqno;
}

const { string, integer, listOf } = plain;
const seqnoParameter = { name: 'seqno', description: 'Of the entry', required: true, schema: integer };

export function ledgerRoutes(facts: LedgerFacts): readonly Route[] {
  return [entryRoute(facts), ...chunkRoutes(facts)];
}

function entryRoute({ past, commit }: LedgerFacts): Route {
  const receipt = { type: 'string', enum: ['json', 'cose'] };
  return {
    method: 'GET',
    path: '/node/ledger/entry',
    summary:
      'An entry of the ledger, and what it wrote to public tables: for members and participants. What is private is not told',
    query: [seqnoParameter, { name: 'receipt', description: 'Its receipt as well', schema: receipt }],
    answers: { 200: { description: 'The entry', schema: ref('LedgerEntry') }, ...pastAnswers },
    handle: async ({ request: { caller }, query }) => {
      if (caller.kind !== 'member' && caller.kind !== 'participant') return forActors;
      const seqno = seqnoIn(query);
      const format = query.get('receipt');
      if (seqno === undefined) return noSeqno;
      if (format !== null && format !== 'json' && format !== 'cose') return noFormat;
      return seqno > commit() ? notCommitted : entryAnswer(past, seqno, format ?? undefined);
    },
  };
}

async function entryAnswer(
  past: PastQueries,
  seqno: Seqno,
  format: ReceiptFormat | undefined,
): Promise<HttpResponse> {
  const answer = await past.entry(seqno);
  if (!('found' in answer)) return notYet(answer);
  const { found } = answer;
  if (found.entry.size - found.entry.privateBytes > entryBytesMax) return tooLarge;
  const receipt = format && (await past.receipt(found.entry.txId, format));
  if (receipt !== undefined && !('found' in receipt)) return notYet(receipt);
  return json(200, entryJson(found, receipt?.found));
}

/** Keys and values are base64. */
function entryJson({ entry, writeSetDigest, bytes }: PublicEntry, receipt?: Receipt | Uint8Array): unknown {
  const { txId, signature, entryType, size, claimsDigest, publicWrites, privateBytes } = entry;
  return {
    transaction_id: formatTxId(txId),
    signature,
    entry_type: entryType,
    size,
    private_size: privateBytes,
    write_set_digest: toHex(writeSetDigest),
    ...(claimsDigest !== undefined && { claims_digest: toHex(claimsDigest) }),
    tables: publicWrites.map(tableJson),
    ...(bytes !== undefined && { entry: toBase64(bytes) }),
    ...(receipt instanceof Uint8Array && { receipt_cose: toBase64(receipt) }),
    ...(receipt !== undefined && !(receipt instanceof Uint8Array) && { receipt }),
  };
}

function tableJson({ table, puts, removes }: TableChanges): unknown {
  return {
    name: table,
    puts: puts.map(({ key, value }) => ({ key: toBase64(key), value: toBase64(value) })),
    removes: removes.map(toBase64),
  };
}

function chunkRoutes({ history, places }: LedgerFacts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/ledger-chunk',
      summary:
        'Which chunk file has an entry, and what leads from there to the tree of the ledger: for nodes',
      query: [
        seqnoParameter,
        {
          name: 'size',
          description: 'Of the tree whose edge the asker knows',
          required: true,
          schema: integer,
        },
      ],
      answers: {
        200: {
          description: 'The file',
          schema: objectOf({ name: string, size: integer, nodes: listOf(string) }),
        },
      },
      handle: ({ request, query }) => forNodes(request, () => offerAnswer(history, query)),
    },
    ...(['GET', 'HEAD'] as const).map((method) => ({
      method,
      path: '/node/ledger-chunk/{name}',
      summary: 'A complete and committed chunk file of the ledger, or a range of its bytes: for nodes',
      answers: rangedAnswers,
      handle: ({ request, parameters }: Parameters<Route['handle']>[0]) =>
        forNodes(request, () => {
          const place = places.find(parameters['name'] ?? '');
          return place === undefined ? noChunk : rangedFile(place, request.headers['range']);
        }),
    })),
  ];
}

async function offerAnswer(
  history: Pick<LedgerHistory, 'offer'>,
  query: URLSearchParams,
): Promise<HttpResponse> {
  const [seqno, size] = [seqnoIn(query), seqnoIn(query, 'size')];
  if (seqno === undefined || size === undefined) return noSeqno;
  try {
    const offer = await history.offer(seqno, size);
    return offer === undefined ? noChunk : json(200, chunkOfferJson(offer));
  } catch (error) {
    if (!(error instanceof CocoError) || error.code !== 'COCO_HOST_HISTORY_BUSY') throw error;
    return notYet({ failed: error });
  }
}

type Answer = HttpResponse | Promise<HttpResponse>;

function forNodes({ caller }: HttpRequest, answer: () => Answer): Answer {
  return caller.kind === 'node' ? answer() : notForYou;
}

function seqnoIn(query: URLSearchParams, name = 'seqno'): Seqno | undefined {
  const text = query.get(name) ?? '';
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

/** The largest public domain of an entry that is told. */
const entryBytesMax = 8 * 2 ** 20;

const tooLarge = failure(
  400,
  'COCO_HOST_ENTRY_SIZE',
  'the entry has more than 8 MiB in public tables: read it from the ledger files of a node (coco ledger show)',
);
const forActors = failure(
  403,
  'AuthorizationFailed',
  'entries of the ledger are told to members and participants: connect with your certificate',
);
const notForYou = failure(403, 'COCO_HOST_CHUNK_CALLER', 'chunk files are for nodes on the VN list');
const noChunk = failure(404, 'ResourceNotFound', 'this node has no such part of the ledger');
const noSeqno = failure(
  400,
  'InvalidQueryParameterValue',
  'seqno must be a sequence number from 1 on, and size, where it is asked for, a number of leaves',
);
const noFormat = failure(400, 'InvalidQueryParameterValue', 'receipt must be json or cose');
