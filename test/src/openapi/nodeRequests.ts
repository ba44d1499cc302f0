/**
 * Requests to `/node`: what a node tells of itself and of the network, and what joining nodes ask for.
 */
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import { strangerNode } from '../governed/strangerNode.js';
import { until } from '../until.js';
import { type Asked, accept, type Means, of } from './asked.js';
import { auditRequests, readRequests } from './auditRequests.js';

type Rest = NonNullable<Parameters<typeof of>[4]>;

const get = (template: string, expected: readonly number[], rest: Rest = {}): Asked =>
  of('node', 'GET', template, expected, rest);
const head = (template: string, expected: readonly number[], rest: Rest = {}): Asked =>
  of('node', 'HEAD', template, expected, rest);

const timeoutMs = 30_000;

/** All of them. */
export async function* nodeRequests(network: GovernedNetwork, means: Means): AsyncGenerator<Asked> {
  const isBackup = (await network.primary()) !== network.nodes[0];
  yield* itself();
  yield* entriesOf(network);
  yield* theNetwork(network, isBackup);
  yield* data(network, means);
  yield* auditRequests(network, means);
  yield* joining(network, means, isBackup);
}

/** Between acme and bolt, each of which has a node; carrier has none. */
async function* data(network: GovernedNetwork, { send }: Means): AsyncGenerator<Asked> {
  const [acme, bolt, carrier] = ['acme', 'bolt', 'carrier'].map((who) => network.member(who));
  if (acme === undefined || bolt === undefined || carrier === undefined) throw new Error('who is missing?');
  const as = acme.identity();
  const one = '/node/data/{digest}';
  const put = (fields: unknown, expected: readonly number[], rest: Rest = {}): Asked =>
    of('node', 'POST', '/node/data', expected, {
      contentType: 'application/json',
      body: JSON.stringify(fields),
      as,
      ...rest,
    });
  const good = { to: [bolt.id], body: 'cHJpY2U6IDQy' };
  yield { ...put(good, [401]), as: undefined as never };
  for (const bad of [null, {}, { ...good, to: [] }, { ...good, body: '?' }, { ...good, expires_at: -1 }]) {
    yield put(bad, [400]);
  }
  yield put({ ...good, body: 'A'.repeat(6_000_000) }, [413]);
  yield put({ ...good, to: [carrier.id] }, [409]);
  yield put({ ...good, expires_at: 1 }, [400]);
  yield put(good, [201]);
  yield put({ ...good, body: '' }, [201], { backup: true });
  const { digest } = JSON.parse((await send(put(good, [201]))).text) as { digest: string };
  const filled = { digest };
  yield get('/node/data', [401]);
  yield get('/node/data', [200], { as });
  yield get(one, [200], { as, filled });
  yield get(one, [404], { as });
  yield get(one, [404], { as: carrier.identity(), filled });
  yield get(one, [401], { filled });
  yield of('node', 'DELETE', one, [401], { filled });
  yield of('node', 'DELETE', one, [404], { filled, as: carrier.identity() });
  yield of('node', 'DELETE', one, [200], { filled, as });
  yield of('node', 'DELETE', one, [200], { filled, as });
  yield get(one, [410], { as, filled });
  yield get('/node/data', [200], { as });
}

function* itself(): Generator<Asked> {
  const names = [
    'state',
    'consensus',
    'version',
    'config',
    'self_signed_certificate',
    'service/configuration',
  ];
  for (const name of [...names, 'metrics', 'commits', 'network', 'network/removable_nodes', 'events']) {
    yield get(`/node/${name}`, [200]);
    yield get(`/node/${name}`, [200], { backup: true });
    yield { ...get(`/node/${name}`, [405]), method: 'POST', body: '{}' };
  }
  yield get('/node/commits', [200], { query: 'after=3' });
  yield get('/node/events', [200], { headers: { 'last-event-id': 'none' } });
  yield get('/node/service/previous_identity', [404]);
  for (const door of ['app', 'gov']) yield get(`/node/ready/${door}`, [204]);
}

function* theNetwork(network: GovernedNetwork, isBackup: boolean): Generator<Asked> {
  const node_id = network.asked.nodeId;
  yield get('/node/network/nodes', [200]);
  yield get('/node/network/nodes', [200], { query: 'status=Trusted' });
  yield get('/node/network/nodes', [400], { query: 'status=Gone' });
  yield get('/node/network/nodes/{node_id}', [200], { filled: { node_id } });
  yield get('/node/network/nodes/{node_id}', [404]);
  for (const name of ['self', 'primary']) yield get(`/node/network/nodes/${name}`, [308]);
  for (const backup of [false, true]) {
    const asksBackup = backup !== isBackup;
    for (const ask of [get, head]) {
      yield ask('/node/primary', [asksBackup ? 308 : 200], { backup });
      yield ask('/node/backup', [asksBackup ? 200 : 308], { backup });
    }
  }
  yield of('node', 'DELETE', '/node/network/nodes/{node_id}', [400], { filled: { node_id } });
  yield of('node', 'DELETE', '/node/network/nodes/{node_id}', [404]);
}

async function* joining(network: GovernedNetwork, means: Means, isBackup: boolean): AsyncGenerator<Asked> {
  const node = await strangerNode(network.member('acme'));
  const as = node.identity;
  const digestNow = async (): Promise<string> => {
    const answer = (await network.get(network.asked, '/gov/coco/constitution')) as { digest: string };
    return answer.digest;
  };
  const ask = (fields: object, expected: readonly number[], rest: Rest = {}): Asked =>
    of('node', 'POST', '/node/join', expected, {
      contentType: 'application/json',
      body: JSON.stringify(fields),
      backup: isBackup,
      as,
      ...rest,
    });
  const proved = { proves: 'join' } as const;
  const secrets = { phase: 'secrets', constitution_digest: await digestNow(), platform: 'virtual' };
  yield { ...ask(secrets, [401]), as: undefined as never };
  yield ask({ phase: 'other' }, [400]);
  yield ask(secrets, [403]);
  yield get('/node/snapshot', [403], { as });
  await accept(network, means, [{ name: 'add_node', args: node.tuple }]);
  yield ask({ ...secrets, constitution_digest: '0'.repeat(64) }, [409]);
  yield ask(secrets, [428]);
  yield ask({ ...secrets, evidence: 'AAAA' }, [428]);
  const given = await means.send(ask(secrets, [200], proved));
  yield ask(secrets, [200], proved);
  yield ask(secrets, [200, 307], { ...proved, backup: !isBackup });
  yield* snapshots(means, { as, backup: isBackup });
  yield* chunks(means, { as, backup: isBackup });

  const { node_certificate: certificatePem } = JSON.parse(given.text) as { node_certificate: string };
  const endorsed = { as: { ...as, certificatePem } };
  const ready = { ...secrets, phase: 'ready', startup_seqno: 1_000_000 };
  yield ask(ready, [403]);
  yield ask(ready, [307], { ...endorsed, backup: !isBackup });
  yield ask({ ...ready, startup_seqno: -1 }, [400], endorsed);
  yield ask(ready, [428], endorsed);
  yield ask(ready, [200], { ...endorsed, ...proved });
  yield* proofs(isBackup, { ...endorsed, backup: isBackup });
  yield ask(secrets, [409], endorsed);
  await accept(network, means, [{ name: 'remove_node', args: { node_id: node.nodeId } }]);
  await until('the removal is recorded', timeoutMs, async () => {
    const { nodes } = (await network.get(network.asked, '/node/network/removable_nodes')) as {
      nodes: unknown[];
    };
    return nodes.length > 0;
  });
  yield get('/node/network/removable_nodes', [200]);
  yield ask(secrets, [403], endorsed);
  const forget = (expected: readonly number[], rest: Rest): Asked =>
    of('node', 'DELETE', '/node/network/nodes/{node_id}', expected, {
      filled: { node_id: node.nodeId },
      backup: isBackup,
      ...rest,
    });
  const member = { as: network.member('acme').identity() };
  yield forget([403], {});
  yield forget([307], { ...member, backup: !isBackup });
  yield forget([200], member);
  yield forget([404], member);
}

function* entriesOf(network: GovernedNetwork): Generator<Asked> {
  const as = network.member('acme').identity();
  const entry = (query: string, expected: readonly number[], rest: Rest = { as }): Asked =>
    get('/node/ledger/entry', expected, { query, ...rest });
  yield entry('seqno=1', [200]);
  yield entry('seqno=2', [200], { as: network.member('carrier').identity(), backup: true });
  for (const form of ['json', 'cose']) yield entry(`seqno=1&receipt=${form}`, [200]);
  yield entry('seqno=999999', [202]);
  yield entry('seqno=1&receipt=pdf', [400]);
  yield entry('seqno=0', [400]);
  yield entry('seqno=1', [403], {});
}

/** By a node that does not take part yet. */
async function* chunks({ send }: Means, who: Rest): AsyncGenerator<Asked> {
  const { as: _, ...nobody } = who;
  const offer = (query: string, expected: readonly number[], as: Rest = who): Asked =>
    get('/node/ledger-chunk', expected, { ...as, query });
  const given = await until('a chunk is complete and committed', timeoutMs, async () => {
    const answer = await send(offer('seqno=1&size=1', [200]));
    return answer.status === 200 && (JSON.parse(answer.text) as { name: string });
  });
  yield offer('seqno=1&size=1', [200]);
  yield offer('seqno=999999&size=1', [404]);
  yield offer('seqno=1', [400]);
  yield offer('seqno=1&size=1', [403], nobody);
  const file = { ...who, filled: { name: given.name } };
  for (const ask of [get, head]) {
    yield ask('/node/ledger-chunk/{name}', [200], file);
    yield ask('/node/ledger-chunk/{name}', [206], { ...file, headers: { range: 'bytes=0-9' } });
    yield ask('/node/ledger-chunk/{name}', [416], { ...file, headers: { range: 'bytes=999999999-' } });
    yield ask('/node/ledger-chunk/{name}', [404], { ...who, filled: { name: 'ledger_7-8.committed' } });
  }
  yield get('/node/ledger-chunk/{name}', [403], { ...nobody, filled: { name: given.name } });
}

/** By a node that takes part. */
async function* proofs(isBackup: boolean, who: Rest): AsyncGenerator<Asked> {
  const { as: _, ...nobody } = who;
  yield of('node', 'POST', '/node/challenge', [200], who);
  yield of('node', 'POST', '/node/challenge', [403], nobody);
  yield get('/node/evidence', [200], { query: `nonce=${'ab'.repeat(32)}` });
  yield get('/node/evidence', [400], { query: 'nonce=short' });
  yield get('/node/manifests', [200]);
  yield get('/node/constitution', [200]);
  const lease = (expected: readonly number[], body: object, rest: Rest = {}): Asked =>
    of('node', 'POST', '/node/lease', expected, {
      contentType: 'application/json',
      body: JSON.stringify(body),
      ...who,
      ...rest,
    });
  const last_seqno = 1_000_000;
  yield lease([200], { last_seqno }, { proves: 'lease' });
  yield lease([200], { last_seqno, secrets: true }, { proves: 'lease' });
  yield lease([428], { last_seqno });
  yield lease([400], { secrets: 7 });
  yield lease([307], { last_seqno }, { backup: !isBackup });
  const raise = (expected: readonly number[], body: object, rest: Rest = {}): Asked =>
    of('node', 'POST', '/node/alarm', expected, {
      contentType: 'application/json',
      body: JSON.stringify(body),
      ...who,
      ...rest,
    });
  yield { ...raise([403], alarm), as: undefined as never };
  yield raise([400], { ...alarm, rows: 'all' });
  yield raise([307], alarm, { backup: !isBackup });
  yield raise([403], alarm);
  yield* readRequests(isBackup, who);
  yield* keys(isBackup, who);
}

/** Of the network's key, by a node that takes part. */
async function* keys(isBackup: boolean, who: Rest): AsyncGenerator<Asked> {
  const { as: _, ...nobody } = who;
  const post = (path: string, expected: readonly number[], body: object, rest: Rest = who): Asked =>
    of('node', 'POST', path, expected, {
      contentType: 'application/json',
      body: JSON.stringify(body),
      ...rest,
    });
  const epochs = [{ epoch: 2, from: 3, digest: 'ab'.repeat(32), sealed: 'AAAA' }];
  yield post('/node/partials', [200], { epochs }, { ...who, proves: 'secrets' });
  yield post('/node/partials', [428], { epochs });
  yield post('/node/partials', [400], { epochs: [7] });
  yield post('/node/partials', [401], { epochs }, nobody);
  const missing = { kind: 'missing', ceremony: 'ab'.repeat(32) };
  yield post('/node/network-key', [403], missing);
  yield post('/node/network-key', [400], { kind: 'nothing' });
  yield post('/node/network-key', [307], missing, { ...who, backup: !isBackup });
  yield post('/node/network-key', [403], missing, nobody);
}

/** One that proves nothing. */
const alarm = {
  node_id: 'ab'.repeat(32),
  transaction_id: '2.2',
  primary_id: 'cd'.repeat(32),
  write_set_digest: 'ef'.repeat(32),
  claims: false,
  row_count: 1,
  rows: [{ table: 'public:a', key: '00' }],
  raised_at: 1,
  receipt: {},
  cert: '',
  signature: '',
};

async function* snapshots({ send }: Means, who: Rest): AsyncGenerator<Asked> {
  yield get('/node/snapshot', [200, 202], who);
  yield get('/node/snapshot', [307], { ...who, backup: who.backup !== true });
  yield get('/node/snapshot', [400], { ...who, query: 'since=then' });
  const name = await until('there is a snapshot', timeoutMs, async () => {
    const answer = await send(get('/node/snapshot', [200], who));
    return answer.status === 200 && (JSON.parse(answer.text) as { name: string }).name;
  });
  yield get('/node/snapshot', [200], who);
  const file = { ...who, filled: { name } };
  const range = (text: string): Rest => ({ ...file, headers: { range: `bytes=${text}` } });
  for (const ask of [get, head]) {
    yield ask('/node/snapshot/{name}', [200], file);
    yield ask('/node/snapshot/{name}', [206], range('0-9'));
    yield ask('/node/snapshot/{name}', [416], range('999999999-'));
    yield ask('/node/snapshot/{name}', [404], { ...who, filled: { name: 'snapshot_1_2.committed' } });
  }
  const { as: _, ...nobody } = file;
  yield get('/node/snapshot/{name}', [403], nobody);
}
