/**
 * The primary's side of audits: a node that takes part is about to answer an auditor, and has that written down first.
 */
import { type AuditRead, parseAuditRead } from '@coco/governance';
import { fromUtf8, type NodeId } from '@coco/primitives';
import type { HttpResponse } from '../http.js';
import { failure } from './answers.js';
import { atPrimary, type NetworkFacts } from './networkRoutes.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface AuditReadFacts extends NetworkFacts {
  readonly isPrimary: () => boolean;
  /** Writes it on the ledger; the answer comes when that is committed. */
  readonly recordRead: (nodeId: NodeId, read: AuditRead) => Promise<HttpResponse>;
}

const { string, integer, listOf } = plain;

const bodyBytesMax = 65_536;

export function auditReadRoute(facts: AuditReadFacts): Route {
  return {
    method: 'POST',
    path: '/node/audit/reads',
    summary: 'Writes on the ledger what a node that takes part is about to answer to an auditor',
    body: objectOf({
      read: string,
      grant: string,
      auditor: ref('EntityId'),
      node_id: ref('EntityId'),
      'epochs?': listOf(integer),
      'tables?': listOf(string),
      'seqnos?': objectOf({ from: integer, to: integer }),
      at: integer,
    }),
    answers: {
      200: { description: 'It is on the ledger', schema: objectOf({ read: string }) },
      307: { description: 'The primary writes it' },
    },
    handle: (request) => record(facts, request),
  };
}

function record(facts: AuditReadFacts, { request }: RouteRequest): HttpResponse | Promise<HttpResponse> {
  const nodeId = request.chain[0]?.publicKey.fingerprint;
  const node = facts.network().nodes.find((one) => one.nodeId === nodeId);
  if (nodeId === undefined || node?.status !== 'Trusted') return unknown;
  const read = readIn(request.body);
  if (read === undefined) return failure(400, 'COCO_AUDIT_REQUEST', 'this is not what an auditor reads');
  if (!facts.isPrimary()) return atPrimary(facts, '/node/audit/reads');
  return facts.recordRead(nodeId, read);
}

function readIn(body: Uint8Array): AuditRead | undefined {
  if (body.length > bodyBytesMax) return undefined;
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    const { read } = (value ?? {}) as { readonly read?: unknown };
    return typeof read === 'string' ? parseAuditRead(read, value) : undefined;
  } catch {
    return undefined;
  }
}

const unknown = failure(
  403,
  'COCO_AUDIT_NODE',
  'reads are recorded for nodes that take part: connect with the certificate of one',
);
