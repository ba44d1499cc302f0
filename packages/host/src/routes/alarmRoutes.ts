/**
 * The primary's side of alarms (MIT-3): a node that takes part says that a transaction does not come out as it was recorded, which
 * may be one of this very node's.
 */
import { type Alarm, parseAlarm } from '@coco/governance';
import { fromUtf8, type NodeId } from '@coco/primitives';
import type { HttpResponse } from '../http.js';
import { failure } from './answers.js';
import { atPrimary, type NetworkFacts } from './networkRoutes.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface AlarmFacts extends NetworkFacts {
  readonly isPrimary: () => boolean;
  /** Writes it on the ledger; the answer comes when that is committed. */
  readonly raiseAlarm: (nodeId: NodeId, alarm: Alarm) => Promise<HttpResponse>;
}

const { string, integer, boolean, listOf, mapOf } = plain;

const bodyBytesMax = 65_536;

export function alarmRoutes(facts: AlarmFacts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/node/alarm',
      summary: 'Writes on the ledger that a transaction came out otherwise when a node executed it again',
      body: objectOf({
        node_id: ref('EntityId'),
        transaction_id: ref('TransactionId'),
        primary_id: ref('EntityId'),
        write_set_digest: string,
        'recorded?': string,
        'reexecuted?': string,
        claims: boolean,
        row_count: integer,
        rows: listOf(mapOf(string)),
        raised_at: integer,
        receipt: ref('Receipt'),
        cert: ref('Pem'),
        signature: string,
      }),
      answers: {
        200: { description: 'It is on the ledger', schema: objectOf({ alarm: string }) },
        307: { description: 'The primary writes it' },
      },
      handle: (request) => raise(facts, request),
    },
  ];
}

function raise(facts: AlarmFacts, { request }: RouteRequest): HttpResponse | Promise<HttpResponse> {
  const nodeId = request.chain[0]?.publicKey.fingerprint;
  const node = facts.network().nodes.find((one) => one.nodeId === nodeId);
  if (nodeId === undefined || node?.status !== 'Trusted') return unknown;
  const alarm = alarmIn(request.body);
  if (alarm === undefined) return failure(400, 'COCO_ALARM_MALFORMED', 'this is not an alarm');
  if (!facts.isPrimary()) return atPrimary(facts, '/node/alarm');
  return facts.raiseAlarm(nodeId, alarm);
}

function alarmIn(body: Uint8Array): Alarm | undefined {
  if (body.length > bodyBytesMax) return undefined;
  try {
    return parseAlarm(JSON.parse(fromUtf8(body) ?? ''));
  } catch {
    return undefined;
  }
}

const unknown = failure(
  403,
  'COCO_ALARM_UNKNOWN',
  'alarms are for nodes that take part: connect with the certificate of one',
);
