/**
 * What auditors get of tables that they were granted: a node opens the entries, and tells what they wrote there, and no more. The
 * node needs the secrets for that, which take M of the actors' nodes if it no longer has them.
 */
import {
  type EpochRecord,
  type FormerServiceRecord,
  grantedSeqnos,
  readFormerServices,
  withEndorsements,
} from '@coco/governance';
import type { LedgerSecret, Secrets } from '@coco/ledger';
import { CocoError, formatTxId, type Seqno, toBase64, toHex } from '@coco/primitives';
import { withGathered } from '../audits/gatheredSecrets.js';
import { type OpenedRows, openedEntriesMax, openedRows } from '../audits/openedRows.js';
import type { PastQueries } from '../history/pastQueries.js';
import type { HttpResponse } from '../http.js';
import { json } from './answers.js';
import { type AuditDoorFacts, answered, fieldsOf, grantFor, recorded, seqnoOf } from './auditDoor.js';
import { notCommitted, notYet, pastAnswers } from './pastAnswers.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface AuditRowsFacts extends AuditDoorFacts {
  readonly commit: () => Seqno;
  readonly past: Pick<PastQueries, 'reach' | 'inChunk'>;
  /** Secrets of the ledger that this node has. */
  readonly held: () => Secrets;
  /** Brings others back. COCO_SECRETS_UNREACHABLE. */
  readonly gather: (records: readonly EpochRecord[]) => Promise<readonly LedgerSecret[]>;
}

const { string, integer, boolean, listOf } = plain;

const entrySchema = objectOf({
  transaction_id: ref('TransactionId'),
  write_set_digest: ref('EntityId'),
  tables: listOf(
    objectOf({
      name: string,
      puts: listOf(objectOf({ key: string, value: string })),
      removes: listOf(string),
    }),
  ),
  'receipt?': ref('Receipt'),
});

export function auditRowsRoute(facts: AuditRowsFacts): Route {
  return {
    method: 'POST',
    path: '/node/audit/rows',
    summary:
      'What entries wrote to granted tables, opened by this node, with their receipts: for the auditor, and recorded on the ledger',
    body: objectOf({ grant: string, from: integer }),
    answers: {
      200: {
        description: 'The entries from `first` to `last` that wrote to these tables',
        schema: objectOf({ first: integer, last: integer, more: boolean, entries: listOf(entrySchema) }),
      },
      ...pastAnswers,
    },
    handle: (request) => answered(() => rows(facts, request)),
  };
}

async function rows(facts: AuditRowsFacts, { request }: RouteRequest): Promise<HttpResponse> {
  const asked = fieldsOf(request.body);
  const grant = grantFor(facts, request, asked['grant']);
  const first = seqnoOf(asked['from']);
  const { tables } = grant;
  if (tables === undefined) {
    throw new CocoError('COCO_AUDIT_TABLE', 'the grant is for whole epochs: decrypt them yourself');
  }
  const range = grantedSeqnos(facts.tables(), grant);
  if (range === undefined || first < range.from || first > range.to) {
    throw new CocoError('COCO_AUDIT_RANGE', `the grant is not for entry ${first}`);
  }
  const end = Math.min(range.to, facts.commit());
  if (first > end) return notCommitted;
  // Found before it is written down: a part that is still being fetched is asked for again.
  const reach = await facts.past.reach(first);
  if (!('found' in reach)) return notYet(reach);
  const last = Math.min(end, reach.found, first + openedEntriesMax - 1);
  await recorded(facts, grant, { tables, seqnos: { from: first, to: last } });
  const { held, gather, past } = facts;
  const opened = await withGathered(
    { tables: facts.tables(), held: held(), gather },
    { first, last },
    (secrets) => past.inChunk(first, (chunk) => openedRows(chunk, { first, last }, new Set(tables), secrets)),
  );
  const entries = entriesJson(opened, readFormerServices(facts.tables()));
  return json(200, { first, last: opened.last, more: opened.last < end, entries });
}

/** Keys and values are base64. */
function entriesJson({ entries }: OpenedRows, former: readonly FormerServiceRecord[]): readonly unknown[] {
  return entries.map(({ txId, writeSetDigest, writes, receipt }) => ({
    transaction_id: formatTxId(txId),
    write_set_digest: toHex(writeSetDigest),
    tables: writes.map(({ table, puts, removes }) => ({
      name: table,
      puts: puts.map(({ key, value }) => ({ key: toBase64(key), value: toBase64(value) })),
      removes: removes.map(toBase64),
    })),
    ...(receipt && { receipt: withEndorsements(receipt, former, txId.seqno) }),
  }));
}
