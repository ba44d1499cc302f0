/**
 * What auditors get from a node of epochs that they were granted whole: partial decryptions of their secrets, and their entries as
 * they are in the ledger, sealed. Each node decides by itself, and M of the actors' nodes must have: none can give an epoch alone.
 */
import { encodePartial, encodeThresholdKey } from '@coco/crypto';
import {
  type AuditGrant,
  auditEpochsMax,
  epochSpan,
  grantedSeqnos,
  readEpoch,
  readFormerServices,
  readNetworkKey,
} from '@coco/governance';
import type { Reader } from '@coco/kv';
import { CocoError, type Seqno, toBase64 } from '@coco/primitives';
import { sealedEntries } from '../audits/sealedEntries.js';
import { type HeldShare, partialsOf } from '../custody/partials.js';
import { partialAnswersMax } from '../custody/partialsMessages.js';
import type { PastQueries } from '../history/pastQueries.js';
import type { HttpResponse } from '../http.js';
import { json } from './answers.js';
import {
  type AuditDoorFacts,
  answered,
  fieldsOf,
  grantFor,
  malformed,
  recorded,
  seqnoOf,
} from './auditDoor.js';
import { notCommitted, notYet, pastAnswers } from './pastAnswers.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface AuditFacts extends AuditDoorFacts {
  readonly commit: () => Seqno;
  /** What this node holds of the network's key, the present shares first. */
  readonly shares: () => readonly HeldShare[];
  readonly past: Pick<PastQueries, 'reach' | 'inChunk'>;
}

const { string, integer, listOf } = plain;
const grantParameter = { name: 'grant', description: 'Id of the grant', required: true, schema: string };
const range = objectOf({ from: integer, to: integer });

export function auditRoutes(facts: AuditFacts): readonly Route[] {
  return [grantRoute(facts), partialsRoute(facts), entriesRoute(facts)];
}

function grantRoute(facts: AuditFacts): Route {
  const span = { epoch: integer, from: integer, 'to?': integer, digest: string, network: string };
  return {
    method: 'GET',
    path: '/node/audit/grant',
    summary: 'What an auditor was granted, and what it takes to decrypt it: for this auditor',
    query: [grantParameter],
    answers: {
      200: {
        description:
          'The grant; its sequence numbers as far as they are known by now, and its epochs that are',
        schema: objectOf({
          grant: string,
          name: string,
          expires_at: integer,
          'tables?': listOf(string),
          'epochs?': range,
          'seqnos?': range,
          committed: integer,
          spans: listOf(objectOf({ ...span, 'sealed?': string })),
          'network_key?': string,
          former_services: listOf(objectOf({ up_to: integer, cert: ref('Pem'), endorsed: ref('Pem') })),
        }),
      },
    },
    handle: ({ request, query }) =>
      answered(() => json(200, grantJson(facts, grantFor(facts, request, query.get('grant'))))),
  };
}

function grantJson({ commit, tables }: AuditFacts, grant: AuditGrant): unknown {
  const reader = tables();
  const key = readNetworkKey(reader);
  const seqnos = grantedSeqnos(reader, grant);
  return {
    grant: grant.id,
    name: grant.name,
    expires_at: grant.expiresAtMs,
    ...(grant.tables && { tables: grant.tables }),
    ...(grant.epochs && { epochs: grant.epochs }),
    ...(seqnos && { seqnos }),
    committed: commit(),
    spans: grant.epochs === undefined ? [] : spansJson(reader, grant.epochs),
    ...(key && { network_key: toBase64(encodeThresholdKey(key.key)) }),
    former_services: readFormerServices(reader).map(({ certificate, upTo, endorsedPem }) => ({
      up_to: upTo,
      cert: certificate.pem,
      endorsed: endorsedPem,
    })),
  };
}

function spansJson(reader: Reader, { from, to }: NonNullable<AuditGrant['epochs']>): readonly unknown[] {
  const spans: unknown[] = [];
  for (let epoch = from; epoch <= to; epoch++) {
    const [record, span] = [readEpoch(reader, epoch), epochSpan(reader, epoch)];
    if (record === undefined || span === undefined) continue;
    const { digest, network, sealed } = record;
    spans.push({ epoch, ...span, digest, network, ...(sealed && { sealed: toBase64(sealed) }) });
  }
  return spans;
}

function partialsRoute(facts: AuditFacts): Route {
  return {
    method: 'POST',
    path: '/node/audit/partials',
    summary:
      'Partial decryptions of the secrets of granted epochs that are over: for the auditor, and recorded on the ledger',
    body: objectOf({ grant: string, epochs: listOf(integer) }),
    answers: {
      200: {
        description:
          "What each share that this node holds makes of each epoch's secret, with the key that it is a share of",
        schema: objectOf({
          answers: listOf(
            objectOf({ key: string, partials: { type: 'object', additionalProperties: string } }),
          ),
        }),
      },
    },
    handle: (request) => answered(() => partials(facts, request)),
  };
}

async function partials(facts: AuditFacts, { request }: RouteRequest): Promise<HttpResponse> {
  const asked = fieldsOf(request.body);
  const grant = grantFor(facts, request, asked['grant']);
  const epochs = epochsOf(asked['epochs']);
  const shares = facts.shares().slice(0, partialAnswersMax);
  if (shares.length === 0) {
    const sentence = "this node holds no share of the network's key as it is now; ask another node";
    throw new CocoError('COCO_SECRETS_NO_SHARE', sentence);
  }
  const reader = facts.tables();
  const records = epochs.flatMap((epoch) => {
    const record = readEpoch(reader, epoch);
    return record?.sealed === undefined ? [] : [{ ...record, sealed: record.sealed }];
  });
  await recorded(facts, grant, { epochs });
  const answers: unknown[] = [];
  for (const held of shares) {
    const made = [...(await partialsOf(held, records))];
    answers.push({
      key: toBase64(encodeThresholdKey(held.key)),
      partials: Object.fromEntries(made.map(([epoch, partial]) => [epoch, toBase64(encodePartial(partial))])),
    });
  }
  return json(200, { answers });
}

function epochsOf(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > auditEpochsMax) throw malformed();
  if (new Set(value).size !== value.length) throw malformed();
  return value.map(seqnoOf);
}

function entriesRoute(facts: AuditFacts): Route {
  return {
    method: 'GET',
    path: '/node/audit/entries',
    summary:
      'Entries of granted epochs as they are in the ledger, sealed, as many as make a piece that proves itself: for the auditor',
    query: [
      grantParameter,
      { name: 'from', description: 'The first entry that is wanted', required: true, schema: integer },
    ],
    answers: {
      200: {
        description: 'A piece of a chunk file; x-coco-first-seqno says with which entry it begins',
        contentType: 'application/octet-stream',
        schema: string,
      },
      ...pastAnswers,
    },
    handle: (request) => answered(() => entries(facts, request)),
  };
}

async function entries(facts: AuditFacts, { request, query }: RouteRequest): Promise<HttpResponse> {
  const grant = grantFor(facts, request, query.get('grant'));
  const from = seqnoOf(query.get('from'));
  const seqnos = grant.tables === undefined ? grantedSeqnos(facts.tables(), grant) : undefined;
  if (seqnos === undefined || from < seqnos.from || from > seqnos.to) {
    throw new CocoError('COCO_AUDIT_RANGE', `the grant is not for all of entry ${from}`);
  }
  if (from > facts.commit()) return notCommitted;
  const reach = await facts.past.reach(from);
  if (!('found' in reach)) return notYet(reach);
  const { first, bytes } = await facts.past.inChunk(from, (chunk) => sealedEntries(chunk, from, seqnos));
  const headers = { 'content-type': 'application/octet-stream', 'x-coco-first-seqno': String(first) };
  return { status: 200, headers, body: bytes };
}
