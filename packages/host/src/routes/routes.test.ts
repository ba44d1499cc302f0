import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from '@coco/kv';
import type { ReadEntry } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import type { ReplicaStatus } from '@coco/replica';
import type { Past, PastQueries } from '../history/pastQueries.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import { testIdentity, testNetworkView, testNodeView, testService } from '../identities.test.js';
import { json } from './answers.js';
import { govApiRoute, withApi } from './apiRoutes.js';
import { dataRoutes } from './dataRoutes.js';
import { eventRoutes } from './eventRoutes.js';
import { type JoinFacts, joinRoutes } from './joinRoutes.js';
import { ledgerRoutes } from './ledgerRoutes.js';
import { networkRoutes } from './networkRoutes.js';
import { nodeRoutes } from './nodeRoutes.js';
import type { Route } from './route.js';
import { createRouter } from './router.js';
import { schemaFaults } from './schemaCheck.test.js';
import { componentSchemas, type Schema } from './schemas.js';
import { snapshotRoutes } from './snapshotRoutes.js';
import { transactionRoutes } from './transactionRoutes.js';

const service = testService();
const [own, other, gone, late] = ['own', 'other', 'gone', 'late'].map((name) => testIdentity(name, service));
assert.ok(own && other && gone && late);
const reason = { code: 'COCO_LEASE_LAPSED', sentence: 'it is over' };
const lease = { state: 'lapsed', grantedAtMs: 1, expiresAtMs: 2, reason } as const;
const evidence = { platform: 'virtual', codeId: 'c'.repeat(64), atMs: 1 } as const;
const view = testNetworkView({
  service,
  members: [testIdentity('member')],
  participants: [testIdentity('participant')],
  nodes: [
    testNodeView(own, { lease: { ...lease, state: 'held' }, evidence }),
    testNodeView(other, { lease, administrativeAddress: 'other.example:9' }),
    testNodeView(gone, { status: 'Retired', retiredCommitted: true }),
    testNodeView(late, { status: 'Retired' }),
  ],
});

const status = (isPrimary: boolean): ReplicaStatus => ({
  consensus: {
    nodeId: own.nodeId,
    view: 3,
    last: { view: 3, seqno: 20 },
    commit: 18,
    heldFrom: 1,
    leadership: isPrimary ? 'Leader' : 'Follower',
    membership: 'Active',
    ...(!isPrimary && { primary: other.nodeId }),
    outOfTouchMs: isPrimary ? 0 : 12.5,
    preVoteEnabled: true,
    committable: [20],
    configurations: [{ seqno: 1, nodes: [own.nodeId, other.nodeId] }],
    peers: isPrimary ? { [other.nodeId]: { sent: 20, match: 18, silentMs: 3.5, needsSnapshot: true } } : {},
  },
  committed: { view: 3, seqno: 18 },
  requests: 0,
  snapshotTrouble: 'the snapshot is too large',
});

const receipt = { signature: 'AA==', cert: 'pem', node_id: own.nodeId, proof: [{ left: 'a' }], leaf: 'b' };

const table = { table: 'public:t', puts: [{ key: new Uint8Array(1), value: new Uint8Array() }], removes: [] };
const entry: ReadEntry = {
  ...{ file: '', offset: 0, txId: { view: 3, seqno: 7 }, entryType: 4, size: 90, signature: false },
  ...{ publicWrites: [table], privateBytes: 9 },
};
const writeSetDigest = new Uint8Array(32);

/** What a node has of the entries of this test: the last, some that it is getting, and first ones that are gone. */
function pastOf<Value>(seqno: number, found: Value): Past<Value> {
  if (seqno > 5) return { found };
  if (seqno > 2) return { coming: { code: 'COCO_HOST_HISTORY_FETCHING', message: '' } };
  return { failed: new CocoError('COCO_HOST_HISTORY_MISSING', '') };
}

function routesOf(isPrimary: boolean): readonly Route[] {
  const replica = {
    status: () => status(isPrimary),
    txStatus: ({ seqno }: { seqno: number }) =>
      seqno <= 18 ? 'Committed' : seqno === 19 ? 'Invalid' : 'Pending',
  } as const;
  const past: Pick<PastQueries, 'receipt' | 'entry'> = {
    receipt: async ({ seqno }, format) => pastOf(seqno, format === 'json' ? receipt : undefined),
    entry: async (seqno) => pastOf(seqno, { entry: { ...entry, txId: { view: 3, seqno } }, writeSetDigest }),
  };
  const about = {
    nodeId: own?.nodeId ?? '',
    replica,
    network: () => view,
  };
  const nothing = { list: () => [], find: () => undefined, digest: () => '' };
  const common = { ...about, isPrimary: () => isPrimary, minimumSeqno: () => 0 };
  const tables = () => createStore().read(0);
  return withApi('/node', [
    ...transactionRoutes('/node', { replica, past }),
    ...ledgerRoutes({
      past,
      commit: () => 18,
      history: { offer: async () => undefined },
      places: { find: () => undefined },
    }),
    ...nodeRoutes({
      ...about,
      startSeqno: 0,
      platform: 'virtual',
      provesNothing: true,
      secrets: () => ({ epoch: 1 }),
      lease: () => ({ lease, isOut: false, trouble: { code: 'COCO_LEASE_LAPSED', message: 'it is over' } }),
      sampling: () => ({
        all: false,
        fractionPpm: 10_000,
        counts: { equal: 1, unrepeatable: 0, dropped: 2, differing: 1 },
        alarms: [{ txId: { view: 2, seqno: 9 }, primaryId: undefined, written: false, trouble: 'none' }],
      }),
      version: '1',
      selfSignedCertificatePem: 'pem',
      settings: { a: 1 },
      metrics: { text: () => 'figures' },
      outOfTouchMs: () => (isPrimary ? 0 : Number.POSITIVE_INFINITY),
      commitTimes: { after: () => [{ seqno: 2, atMs: 1.5 }] },
    }),
    ...networkRoutes({
      ...about,
      forget: async (nodeId) => json(200, { nodeId, forgotten: true }),
    }),
    ...joinRoutes({ ...common, tables } as unknown as JoinFacts),
    ...snapshotRoutes({ ...common, snapshots: nothing, makeSnapshot: () => undefined }),
    ...eventRoutes({ hasRoom: true, subscribe: () => true }),
    ...dataRoutes({
      put: () => Promise.reject(new Error('nobody gets here without a certificate')),
      get: async () => ({ found: 'nothing' }),
      list: () => [],
      purge: async () => undefined,
    }),
  ]);
}

function requestOf(method: string, target: string): HttpRequest {
  const [path = '', query = ''] = target.split('?');
  return {
    method,
    path,
    query,
    headers: {},
    body: new Uint8Array(),
    caller: { kind: 'anonymous' },
    chain: [],
    connection: { exporter: () => new Uint8Array(32) },
  };
}

async function ask(routes: readonly Route[], method: string, target: string): Promise<HttpResponse> {
  const answer = await createRouter(routes)(requestOf(method, target));
  assert.ok(answer !== undefined, `${method} ${target} is served`);
  return answer;
}

const jsonOf = ({ body }: HttpResponse): unknown => JSON.parse(new TextDecoder().decode(body));

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Schema; operationId: string }>>>
  >;
}

test('every endpoint is in the served document, and nothing else is', async () => {
  const routes = routesOf(true);
  const document = jsonOf(await ask(routes, 'GET', '/node/api')) as Document;
  assert.equal(document.openapi, '3.1.0');
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(documented.toSorted(), routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  const ids = Object.values(document.paths).flatMap((one) =>
    Object.values(one).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
});

test('every reference in the document leads somewhere', async () => {
  const text = new TextDecoder().decode((await ask(routesOf(true), 'GET', '/node/api')).body);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(Object.hasOwn(componentSchemas, name ?? ''), name);
  }
});

const targets = [
  'GET /node/commit',
  'GET /node/tx?transaction_id=3.7',
  'GET /node/tx?transaction_id=x',
  'GET /node/receipt?transaction_id=3.7',
  'GET /node/receipt?transaction_id=3.2',
  'GET /node/receipt?transaction_id=3.19',
  'GET /node/receipt?transaction_id=3.4',
  'GET /node/receipt?transaction_id=3.30',
  'GET /node/receipt/cose?transaction_id=3.7',
  'GET /node/receipt/cose?transaction_id=3.4',
  'GET /node/ledger/entry?seqno=7',
  'GET /node/ledger-chunk?seqno=7&size=9',
  'GET /node/ledger-chunk/ledger_1-2.committed',
  'GET /node/state',
  'GET /node/consensus',
  'GET /node/version',
  'GET /node/config',
  'GET /node/self_signed_certificate',
  'GET /node/service/previous_identity',
  'GET /node/service/configuration',
  'GET /node/ready/app',
  'GET /node/ready/gov',
  'GET /node/commits?after=1',
  'GET /node/network',
  'GET /node/network/nodes',
  'GET /node/network/nodes?status=Trusted',
  'GET /node/network/nodes?status=Learner',
  `GET /node/network/nodes/${own.nodeId}`,
  'GET /node/network/nodes/self',
  'GET /node/network/nodes/primary',
  'GET /node/network/nodes/nobody',
  'GET /node/network/removable_nodes',
  'GET /node/primary',
  'HEAD /node/primary',
  'GET /node/backup',
  'HEAD /node/backup',
  `DELETE /node/network/nodes/${gone.nodeId}`,
  `DELETE /node/network/nodes/${late.nodeId}`,
  'DELETE /node/network/nodes/nobody',
  'POST /node/join',
  'GET /node/snapshot',
  'GET /node/snapshot/snapshot_1_2.committed',
  'POST /node/data',
  'GET /node/data',
  `GET /node/data/${'ab'.repeat(32)}`,
  `DELETE /node/data/${'ab'.repeat(32)}`,
  'GET /node/api',
];

test('answers are as their document says', async () => {
  for (const isPrimary of [true, false]) {
    const routes = routesOf(isPrimary);
    const document = jsonOf(await ask(routes, 'GET', '/node/api')) as Document;
    for (const target of targets) {
      const [method = '', path = ''] = target.split(' ');
      const answer = await ask(routes, method, path);
      const route = routes.find(
        (one) =>
          one.method === method &&
          new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''),
      );
      const exact = routes.find((one) => one.method === method && one.path === path.split('?')[0]) ?? route;
      const responses = document.paths[exact?.path ?? '']?.[method.toLowerCase()]?.responses as Record<
        string,
        unknown
      >;
      const documented = (responses[answer.status] ?? responses['default']) as {
        content?: Record<string, { schema: Schema }>;
      };
      assert.ok(answer.status in responses || answer.status >= 400, `${target}: ${answer.status}`);
      const content = documented.content?.['application/json'];
      if (content === undefined) assert.equal(answer.body.length, 0, target);
      else assert.deepEqual(schemaFaults(jsonOf(answer), content.schema), [], target);
    }
  }
});

test('TX-4: entries are told to actors, with what they wrote in the clear; chunk files to nodes', async () => {
  const as = async (kind: 'member' | 'participant' | 'node' | 'anonymous', target: string) => {
    const caller = (kind === 'anonymous' ? { kind } : { kind, id: 'x' }) as HttpRequest['caller'];
    const answer = await createRouter(routesOf(true))({ ...requestOf('GET', target), caller });
    assert.ok(answer !== undefined);
    if (answer.status < 400 && answer.status !== 202) {
      assert.deepEqual(schemaFaults(jsonOf(answer), componentSchemas.LedgerEntry), []);
    }
    return answer.status;
  };
  const entryAt = (seqno: number | string, more = '') => `/node/ledger/entry?seqno=${seqno}${more}`;
  assert.equal(await as('member', entryAt(7)), 200);
  assert.equal(await as('participant', entryAt(7, '&receipt=json')), 200);
  assert.equal(await as('member', entryAt(4)), 202);
  assert.equal(await as('member', entryAt(2)), 503);
  assert.equal(await as('member', entryAt(19)), 202);
  for (const bad of [0, -1, 'x', '7.5', '1e3']) assert.equal(await as('member', entryAt(bad)), 400);
  assert.equal(await as('member', entryAt(7, '&receipt=pdf')), 400);
  for (const kind of ['anonymous', 'node'] as const) assert.equal(await as(kind, entryAt(7)), 403);
  const chunk = '/node/ledger-chunk?seqno=7&size=9';
  for (const kind of ['anonymous', 'member'] as const) assert.equal(await as(kind, chunk), 403);
  assert.equal(await as('node', chunk), 404);
  assert.equal(await as('node', '/node/ledger-chunk?seqno=7'), 400);
  assert.equal(await as('node', '/node/ledger-chunk/ledger_1-2.committed'), 404);
});

test('what is not there yet says when to ask again (RFC 9110, 10.2.3)', async () => {
  for (const [id, status, after] of [
    ['3.30', 202, '1'],
    ['3.4', 202, '1'],
    ['3.2', 503, '5'],
  ] as const) {
    for (const form of ['', '/cose']) {
      const answer = await ask(routesOf(true), 'GET', `/node/receipt${form}?transaction_id=${id}`);
      assert.deepEqual([answer.status, answer.headers['retry-after']], [status, after], id);
    }
  }
});

test('what takes another method says which', async () => {
  const answer = await ask(routesOf(true), 'DELETE', '/node/state');
  assert.equal(answer.status, 405);
  assert.equal(answer.headers['allow'], 'GET');
  assert.equal(createRouter(routesOf(true))(requestOf('GET', '/node/nowhere')), undefined);
});

test('the primary says that it is, others where it is; and of backups the same', async () => {
  const [primary, backup] = [routesOf(true), routesOf(false)];
  assert.equal((await ask(primary, 'HEAD', '/node/primary')).status, 200);
  assert.equal((await ask(backup, 'HEAD', '/node/backup')).status, 200);
  for (const [routes, role] of [
    [backup, 'primary'],
    [primary, 'backup'],
  ] as const) {
    const { status, headers } = await ask(routes, 'GET', `/node/${role}`);
    assert.deepEqual([status, headers['location']], [308, `https://other.example:9/node/${role}`]);
  }
});

test('what consensus tells includes who can never catch up, and why there is no snapshot', async () => {
  const answer = await ask(routesOf(true), 'GET', '/node/consensus');
  const { details } = jsonOf(answer) as { details: Record<string, Record<string, unknown>> };
  const ack = { seqno: 18, last_received_ms: 3, needs_snapshot: true };
  assert.deepEqual(details['acks'], { [other.nodeId]: ack });
  assert.equal(details['snapshot_trouble'], 'the snapshot is too large');
});

test('only a node whose removal is committed can be forgotten', async () => {
  const code = async (id: string): Promise<unknown> => {
    const answer = await ask(routesOf(true), 'DELETE', `/node/network/nodes/${id}`);
    return (jsonOf(answer) as { error: { code: string } }).error.code;
  };
  assert.equal(await code(gone.nodeId), 'AuthorizationFailed');
  assert.equal(await code(late.nodeId), 'NodeNotRetiredCommitted');
  assert.equal(await code(other.nodeId), 'NodeNotRetiredCommitted');
  assert.equal(await code('nobody'), 'ResourceNotFound');
});

test('a removed node is forgotten for members, participants and itself, on the primary', async () => {
  const path = `/node/network/nodes/${gone.nodeId}`;
  const status = async (who: Pick<HttpRequest, 'caller' | 'chain'>, isPrimary = true): Promise<number> => {
    const answer = await createRouter(routesOf(isPrimary))({ ...requestOf('DELETE', path), ...who });
    assert.ok(answer !== undefined);
    if (answer.status === 307) assert.equal(answer.headers['location'], `https://other.example:9${path}`);
    return answer.status;
  };
  const caller = { kind: 'anonymous' } as const;
  const itself = { caller, chain: [gone.certificate] };
  assert.equal(await status({ caller: { kind: 'member', id: 'm' }, chain: [] }), 200);
  assert.equal(await status({ caller: { kind: 'participant', id: 'p' }, chain: [] }), 200);
  assert.equal(await status(itself), 200);
  assert.equal(await status(itself, false), 307);
  assert.equal(await status({ caller, chain: [late.certificate] }), 403);
  assert.equal(await status({ caller: { kind: 'node', id: other.nodeId }, chain: [other.certificate] }), 403);
});

test('the document of governance is served with itself in it', async () => {
  const { openapi, paths } = jsonOf(await ask([govApiRoute], 'GET', '/gov/api')) as Document;
  assert.equal(openapi, '3.1.0');
  assert.ok('/gov/members/proposals:create' in paths && '/gov/api' in paths);
});
