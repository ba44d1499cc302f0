import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AdapterServices,
  type CounterItem,
  type CounterResult,
  createCounterAdapter,
} from '@coco/adapter';
import { decodeMaps } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';
import type { AnyAdapter } from './adapters.js';
import { createGatedCounter } from './testing/gated-counter.js';
import { StandInManager, settle } from './testing/stand-in-manager.js';

/** A second adapter, which only has a genesis. */
const mute = (change: Partial<AnyAdapter> = {}): AnyAdapter => ({
  ...createCounterAdapter(),
  name: 'mute',
  routes: [],
  tablePrefixes: ['mute.'],
  async genesis(transaction, genesis) {
    transaction.put('mute.genesis', utf8('given'), utf8(JSON.stringify(genesis ?? null)));
  },
  ...change,
});

test('one genesis for all adapters is one proposal, with each adapter’s own part', async () => {
  const manager = new StandInManager([createCounterAdapter(), mute()]);
  const genesis = { counter: { a: 5 }, mute: [1], unknown: 1 };
  manager.worker.receive({ type: 'genesis', proposal: 0, genesis, nowMs: 1 });
  await settle();
  const [proposal] = manager.open;
  assert.equal(proposal?.proposal, 0);
  assert.equal(proposal?.items, 0);
  assert.deepEqual(
    decodeMaps(proposal?.privateMaps ?? new Uint8Array(0)).map(({ table, puts }) => [
      table,
      puts.map(({ value }) => fromUtf8(value)),
    ]),
    [
      ['counter.values', ['5']],
      ['mute.genesis', ['[1]']],
    ],
  );
  manager.assign();
  manager.commit();
  assert.equal(await manager.value('a'), 5);
});

test('a genesis that an adapter refuses ends the worker, with the reason', async () => {
  const manager = new StandInManager([createCounterAdapter()]);
  manager.worker.receive({ type: 'genesis', proposal: 0, genesis: { counter: { a: 'x' } }, nowMs: 1 });
  await settle();
  const [failed] = manager.posted;
  assert.ok(
    failed?.type === 'failed' && failed.message.includes('the genesis of counter'),
    JSON.stringify(failed),
  );
});

test('a genesis that writes to another adapter’s table ends the worker', async () => {
  const thief = mute({
    async genesis(transaction) {
      transaction.put('mute.own', utf8('k'), utf8('v'));
      transaction.put('public:ccf.gov.members.certs', utf8('k'), utf8('v'));
    },
  });
  const manager = new StandInManager([createCounterAdapter(), thief]);
  manager.worker.receive({ type: 'genesis', proposal: 0, genesis: {}, nowMs: 1 });
  await settle();
  assert.equal(manager.posted[0]?.type, 'failed');
});

test('hostile methods and paths find no adapter', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()]);
  const cases: [number, string, string][] = [
    [404, 'GET', '/__proto__'],
    [404, 'GET', '__proto__'],
    [404, 'GET', 'constructor'],
    [404, 'GET', ''],
    [404, 'GET', '/counter/value/'],
    [404, 'GET', '/COUNTER/VALUE'],
    [404, 'GET', '/counter/../counter/value'],
    [404, 'GET', '//counter/value'],
    [404, 'GET', `/${'x'.repeat(100_000)}`],
    [404, 'GET /counter/value', ''],
    [405, 'get', '/counter/value'],
    [405, 'POST', '/counter/value'],
    [405, 'HEAD', '/counter/value'],
    [405, '__proto__', '/counter/value'],
    [405, 'constructor', '/counter/value'],
    [405, '', '/counter/value'],
  ];
  for (const [status, method, path] of cases) {
    const answer = await manager.request({ method, path });
    assert.ok(answer !== 'forward');
    assert.equal(answer.status, status, `${method} ${path.slice(0, 30)}`);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.ok(answer.body.length < 200, 'nothing of the request is repeated');
    if (status === 405) assert.equal(answer.headers.allow, 'GET');
  }
});

test('an adapter that throws on a request costs that request alone, and leaves one bounded line for the log', async () => {
  const counter = createCounterAdapter();
  const manager = await StandInManager.primary([
    {
      ...counter,
      handle: async (request) => {
        if (request.query !== '') return counter.handle(request);
        throw new Error(`\u001b[31m evil\r\nline ${'x'.repeat(10_000)}`);
      },
    },
  ]);
  const answer = await manager.request({ path: '/counter/value' });
  assert.ok(answer !== 'forward');
  assert.equal(answer.status, 500);
  assert.match(fromUtf8(answer.body) ?? '', /COCO_WORKER_ADAPTER/);
  const trouble = manager.posted.at(-1);
  assert.ok(trouble?.type === 'trouble' && trouble.message.length <= 500);
  assert.doesNotMatch(trouble.message, /[^\x20-\x7e]/);
  assert.doesNotMatch(fromUtf8(answer.body) ?? '', /evil/);
  assert.equal(await manager.value('a'), 0);
});

test('an adapter that throws while executing costs that batch (COCO_WORKER_EXECUTION); the worker goes on', async () => {
  const gate = createGatedCounter();
  let broken = true;
  const { execute } = gate.adapter;
  const manager = await StandInManager.primary([
    {
      ...gate.adapter,
      execute: async (...args) => {
        if (broken) throw new Error('a bug');
        return execute(...args);
      },
    },
  ]);
  const answers = await Promise.all([manager.add('a', 1), manager.add('b', 1)]);
  for (const answer of answers) {
    assert.ok(answer !== 'forward');
    assert.deepEqual(answer.body, { error: 'COCO_WORKER_EXECUTION' });
  }
  assert.equal(manager.posted.at(-1)?.type, 'trouble');
  assert.deepEqual(gate.rolledBack, [1]);
  broken = false;
  const answer = manager.add('a', 1);
  await settle();
  manager.assign();
  manager.commit();
  assert.ok((await answer) !== 'forward');
  assert.equal(await manager.value('a'), 1);
});

test('a batch that writes to tables of others, or gives no or too many results, is dropped', async () => {
  const counter = createCounterAdapter();
  const bad: AnyAdapter['execute'][] = [
    async (transaction, items) => {
      transaction.put('public:ccf.gov.members.certs', utf8('mallory'), utf8('certificate'));
      return { results: items.map(() => ({ value: 1 })) };
    },
    async () => ({ results: [] }),
    async (_transaction, items) => ({ results: [...items, ...items].map(() => ({ value: 1 })) }),
  ];
  for (const execute of bad) {
    const manager = await StandInManager.primary([{ ...counter, execute }]);
    const answer = await manager.add('a', 1);
    assert.ok(answer !== 'forward');
    assert.deepEqual(answer.body, { error: 'COCO_WORKER_EXECUTION' });
    assert.equal(manager.open.length, 0);
  }
});

test('an adapter that throws on a commit does not stop the node', async () => {
  const manager = await StandInManager.primary([
    {
      ...createCounterAdapter(),
      committed() {
        throw new Error('a subscriber is gone');
      },
    },
  ]);
  assert.equal(manager.posted.at(-1)?.type, 'trouble');
  assert.equal(await manager.value('a'), 0);
});

/** A worker whose adapter's services the test can use. */
async function withServices(): Promise<{
  manager: StandInManager;
  services: AdapterServices<CounterItem, CounterResult>;
  value: (at: 'committed' | 'head' | number) => string | undefined;
}> {
  const counter = createCounterAdapter();
  let services: AdapterServices<CounterItem, CounterResult> | undefined;
  const manager = await StandInManager.primary([
    {
      ...counter,
      start(given) {
        services = given;
        counter.start(given);
      },
    },
  ]);
  assert.ok(services !== undefined);
  const found = services;
  const value = (at: 'committed' | 'head' | number): string | undefined => {
    const reader = typeof at === 'number' ? found.at(at) : found[at]();
    const bytes = reader?.get('counter.values', utf8('a'));
    return bytes && fromUtf8(bytes);
  };
  return { manager, services: found, value };
}

test('head shows what is ordered on a primary, and only what is committed on a backup', async () => {
  const { manager, services, value } = await withServices();
  void manager.add('a', 1);
  await settle();
  assert.equal(value('head'), undefined, 'not what is only proposed');
  manager.assign();
  assert.equal(value('head'), '1');
  assert.equal(value('committed'), undefined);
  manager.role(false);
  assert.equal(services.isPrimary, false);
  assert.equal(value('head'), undefined);
  manager.commit();
  assert.equal(value('head'), '1');
  assert.equal(value('committed'), '1');
});

test('historySeqnos versions before the committed one stay readable, older and uncommitted ones do not', async () => {
  const { manager, services, value } = await withServices();
  for (let at = 1; at <= 10; at++) {
    void manager.add('a', 1);
    await settle();
    manager.assign();
    if (at < 10) manager.commit();
  }
  // Each addition is at an odd seqno from 3 on; the last of them, 21, is not committed.
  assert.equal(manager.committed, 20);
  assert.deepEqual(
    [15, 16, 17, 18, 19, 20].map((seqno) => value(seqno)),
    ['7', '7', '8', '8', '9', '9'],
  );
  for (const seqno of [14, 1, 0, -1, 21, 22, 15.5, Number.NaN])
    assert.equal(services.at(seqno), undefined, `${seqno}`);
  manager.commit();
  assert.equal(value(22), '10');
});

test('a transaction ordered by this node settles only when it is committed', async () => {
  const { manager, services } = await withServices();
  const submitting = services.submit({ name: 'a', by: 3 });
  await settle();
  const txId = manager.assign();
  const submitted = await submitting;
  assert.deepEqual({ result: submitted.result, txId: submitted.txId }, { result: { value: 3 }, txId });
  let status: string | undefined;
  void submitted.final.then((final) => {
    status = final;
  });
  manager.commit(txId.seqno - 1);
  await settle();
  assert.equal(status, undefined);
  manager.commit();
  await settle();
  assert.equal(status, 'Committed');
});

test('submitting on a backup is COCO_WORKER_NOT_PRIMARY', async () => {
  const { manager, services } = await withServices();
  manager.role(false);
  await assert.rejects(services.submit({ name: 'a', by: 1 }), { code: 'COCO_WORKER_NOT_PRIMARY' });
});

test('adapters with the same name, route or tables, or with tables of governance, are a bug', () => {
  const counter = createCounterAdapter();
  const pairs: Partial<AnyAdapter>[] = [
    { name: 'counter' },
    { routes: [{ method: 'GET', path: '/counter/value' }] },
    { tablePrefixes: ['counter.values.'] },
    { tablePrefixes: ['c'] },
    { tablePrefixes: ['public:ccf.gov.'] },
    { tablePrefixes: ['public:'] },
    { tablePrefixes: [''] },
  ];
  for (const change of pairs) {
    assert.throws(
      () => new StandInManager([counter, mute(change)]),
      { name: 'AssertionError' },
      JSON.stringify(change),
    );
  }
});

test('the manager’s answers to no proposal are a bug', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()]);
  const assigned = { type: 'assigned', proposal: 7, txId: { view: 2, seqno: 3 } } as const;
  assert.throws(() => manager.worker.receive(assigned), { name: 'AssertionError' });
});
