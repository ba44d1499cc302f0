/**
 * Snapshots for joining nodes, in ranges, so that a download goes on where it stopped. They are sealed under the ledger
 * secret; only nodes on the VN list get them all the same.
 */
import type { Seqno } from '@coco/primitives';
import type { HttpRequest, HttpResponse } from '../http.js';
import type { SnapshotFiles } from '../snapshotFiles.js';
import { failure, json } from './answers.js';
import { atPrimary, type NetworkFacts } from './networkRoutes.js';
import { rangedAnswers, rangedFile } from './rangedFile.js';
import type { Route } from './route.js';
import { objectOf, plain } from './schemas.js';

export interface SnapshotFacts extends NetworkFacts {
  readonly snapshots: Pick<SnapshotFiles, 'list' | 'find' | 'digest'>;
  readonly isPrimary: () => boolean;
  readonly minimumSeqno: () => Seqno;
  /** Begins to make one, if none is being made. */
  readonly makeSnapshot: () => void;
}

export function snapshotRoutes(facts: SnapshotFacts): readonly Route[] {
  const { string, integer } = plain;
  return [
    {
      method: 'GET',
      path: '/node/snapshot',
      summary: 'The newest snapshot; when there is none that can be used, one is made',
      query: [{ name: 'since', description: 'Not older than this seqno', schema: integer }],
      answers: {
        200: {
          description: 'Where it is',
          schema: objectOf({ name: string, seqno: integer, size: integer, digest: string }),
        },
        202: { description: 'One is being made; ask again', schema: objectOf({ status: string }) },
        307: { description: 'The primary makes snapshots' },
      },
      handle: ({ request, query }) => forNodes(request, () => newest(facts, query)),
    },
    ...(['GET', 'HEAD'] as const).map((method) => ({
      method,
      path: '/node/snapshot/{name}',
      summary: 'A snapshot, or a range of its bytes',
      answers: rangedAnswers,
      handle: ({ request, parameters }: Parameters<Route['handle']>[0]) =>
        forNodes(request, () => {
          const file = facts.snapshots.find(parameters['name'] ?? '');
          if (file === undefined) return failure(404, 'ResourceNotFound', 'this node has no such snapshot');
          return rangedFile(file, request.headers['range']);
        }),
    })),
  ];
}

function forNodes({ caller }: HttpRequest, answer: () => HttpResponse): HttpResponse {
  if (caller.kind === 'node') return answer();
  const sentence = 'snapshots are for nodes on the VN list';
  return failure(403, 'COCO_JOIN_SNAPSHOT_CALLER', sentence);
}

function newest(facts: SnapshotFacts, query: URLSearchParams): HttpResponse {
  const text = query.get('since') ?? '0';
  if (!/^\d{1,15}$/.test(text)) {
    return failure(400, 'InvalidQueryParameterValue', 'since must be a sequence number');
  }
  if (!facts.isPrimary()) return atPrimary(facts, `/node/snapshot?since=${text}`);
  const since = Math.max(Number(text), facts.minimumSeqno());
  const [file] = facts.snapshots.list();
  if (file !== undefined && file.seqno >= since) {
    const { name, seqno, size } = file;
    return json(200, { name, seqno, size, digest: facts.snapshots.digest(file) });
  }
  facts.makeSnapshot();
  return json(202, { status: 'making' }, { 'retry-after': '1' });
}
