import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8 } from '@coco/primitives';
import type { ComplianceSubject } from './compliance/subject.js';
import { adapterCompliance } from './compliance.js';
import {
  type CounterItem,
  type CounterResult,
  counterTables,
  createCounterAdapter,
} from './testing/counter-adapter.js';
import { createNotesAdapter, type NoteItem, type NoteResult } from './testing/notes-adapter.js';
import { createRecordedCounter } from './testing/recorded-counter.js';
import type { Adapter, AdapterRequest, AdapterServices, Caller } from './types.js';

type Counter = Adapter<CounterItem, CounterResult>;

const request = (method: string, path: string, more: Partial<AdapterRequest> = {}): AdapterRequest => ({
  method,
  path,
  query: '',
  headers: {},
  body: new Uint8Array(0),
  caller: { kind: 'anonymous' },
  ...more,
});

function subject(adapter: Counter = createCounterAdapter()): ComplianceSubject<CounterItem, CounterResult> {
  return {
    adapter,
    genesis: { apples: 5 },
    items: [
      { name: 'apples', by: 2 },
      { name: 'pears', by: 1 },
      { name: '__proto__', by: 7 },
    ],
    failing: [
      { name: 'apples', by: -1000 },
      { name: 'plums', by: 2_000_000 },
    ],
    write: request('POST', '/counter/add', { body: utf8('{"name":"apples","by":3}') }),
    read: request('GET', '/counter/value', { query: 'name=apples' }),
  };
}

describe('the counter adapter is compliant (ARC-5)', () => {
  for (const check of adapterCompliance()) test(check.name, () => check.run(subject));
});

const [owner, friend] = ['0a'.repeat(32), '0b'.repeat(32)];
const writer: Caller = { kind: 'member', id: owner };
const noteItem = (name: string): NoteItem => ({ owner, name, text: `${name}!`, parties: [owner, friend] });

type Notes = Adapter<NoteItem, NoteResult>;

function notesSubject(adapter: Notes = createNotesAdapter()): ComplianceSubject<NoteItem, NoteResult> {
  const reading = (name: string) => request('GET', '/notes', { query: `owner=${owner}&name=${name}` });
  const writing = (name: string, text: string) =>
    request('POST', '/notes', {
      body: utf8(JSON.stringify({ name, text, with: [friend] })),
      caller: writer,
    });
  return {
    adapter,
    genesis: undefined,
    items: ['one', 'two', 'three'].map(noteItem),
    failing: [
      { ...noteItem('four'), parties: ['nobody'] },
      { ...noteItem('five'), parties: [] },
    ],
    write: writing('three', '3'),
    read: { ...reading('three'), caller: writer },
    confidential: {
      write: writing('offer', 'price 42'),
      party: { kind: 'participant', id: friend },
      read: reading('offer'),
      readMissing: reading('nothing'),
      contents: 'price 42',
    },
  };
}

describe('the notes adapter is compliant, and keeps confidential what it is told (ARC-5, CONF-5)', () => {
  for (const check of adapterCompliance()) test(check.name, () => check.run(notesSubject));
});

/** Notes that are not kept to themselves. */
const brokenNotes: [rule: string, change: (notes: Notes) => Partial<Notes>][] = [
  [
    'a confidential record is answered to its parties, and to all others as if it were not there',
    ({ handle }) => ({
      handle: (given) => handle({ ...given, caller: writer }),
    }),
  ],
  [
    'a confidential record is answered to its parties, and to all others as if it were not there',
    ({ handle }) => ({
      async handle(given) {
        const handled = await handle(given);
        const isThere = (await handle({ ...given, caller: writer })) as { response?: { status: number } };
        if (handled.kind !== 'response' || isThere.response?.status !== 200) return handled;
        const { response } = handled;
        return response.status === 404
          ? { kind: 'response', response: { ...response, status: 403 } }
          : handled;
      },
    }),
  ],
  [
    'what is in a confidential record is in no public table',
    ({ execute }) => ({
      async execute(transaction, items, ...rest) {
        for (const { name, text } of items) transaction.put('public:notes.index', utf8(name), utf8(text));
        return execute(transaction, items, ...rest);
      },
    }),
  ],
];

describe('counters that can be executed again are compliant', () => {
  for (const check of adapterCompliance())
    test(check.name, () => check.run(() => subject(createRecordedCounter())));
});

/** Adapters that break one rule each, with the check that finds it. */
const broken: [rule: string, change: (counter: Counter) => Partial<Counter>][] = [
  ['every table prefix is specific and none is of governance', () => ({ tablePrefixes: ['public:'] })],
  [
    'genesis and execution write only to tables with the prefixes named',
    ({ execute }) => ({
      async execute(transaction, ...rest) {
        transaction.put('public:ccf.gov.members.certs', utf8('mallory'), utf8('certificate'));
        return execute(transaction, ...rest);
      },
    }),
  ],
  [
    'execution gives results for a non-empty prefix of the batch, within its limits',
    () => ({ execute: async () => ({ results: [] }) }),
  ],
  [
    'a batch cut into pieces executes to the end',
    ({ execute }) => ({
      execute: (transaction, items, context) =>
        execute(transaction, items, context, { itemsMax: 1000, executeMs: 0 }).then((result) => ({
          results: [...result.results, ...result.results],
        })),
    }),
  ],
  [
    'a failing item has a result and leaves no trace',
    ({ execute }) => ({
      async execute(transaction, items, ...rest) {
        for (const { name } of items) transaction.put(counterTables.values, utf8(`${name}.tried`), utf8('1'));
        return execute(transaction, items, ...rest);
      },
    }),
  ],
  [
    'execution touches only its transaction: dropped and run again it gives the same',
    ({ execute }) => {
      let total = 0;
      return {
        async execute(transaction, ...rest) {
          transaction.put(counterTables.additions, utf8('total'), utf8(String(++total)));
          return execute(transaction, ...rest);
        },
      };
    },
  ],
  [
    'rolled back and executed again the store is the same',
    ({ execute }) => {
      const cache = new Set<string>();
      return {
        async execute(transaction, items, ...rest) {
          const result = await execute(transaction, items, ...rest);
          for (const { name } of items) {
            if (!cache.has(name)) transaction.put(counterTables.values, utf8(`${name}.known`), utf8('1'));
            cache.add(name);
          }
          return result;
        },
      };
    },
  ],
  [
    'routes are a method and a normalised path, each once',
    () => ({ routes: [{ method: 'get', path: '/a/../b' }] }),
  ],
  [
    'hostile requests are answered, change nothing and are not the server’s fault',
    ({ handle }) => ({
      async handle(given) {
        if (given.method === 'POST') JSON.parse(String.fromCharCode(...given.body.subarray(0, 1000)));
        return handle(given);
      },
    }),
  ],
  [
    'hostile requests are answered, change nothing and are not the server’s fault',
    ({ handle }) => ({
      async handle(given) {
        if (given.body.includes(0xff)) throw new Error('not UTF-8');
        return handle(given);
      },
    }),
  ],
  [
    'a write is submitted, committed and answered',
    () => ({
      async handle() {
        return { kind: 'response', response: { status: 200, headers: {}, body: utf8('done, trust me') } };
      },
    }),
  ],
  [
    'a backup answers reads and forwards writes',
    () => ({
      async handle() {
        return { kind: 'forward' };
      },
    }),
  ],
  [
    'the loss of leadership between two looks is survived',
    ({ handle, start }) => ({
      start(services) {
        this.handle = async (given) => {
          if (given.method === 'POST') await services.submit({ name: 'apples', by: 1 });
          return handle(given);
        };
        start(services);
      },
    }),
  ],
  [
    'a full queue, and an execution that failed, are answered',
    ({ handle }) => ({
      async handle(given) {
        const handled = await handle(given);
        return handled.kind === 'response' && handled.response.status === 503 ? { kind: 'forward' } : handled;
      },
    }),
  ],
  [
    'a write that became Invalid is answered',
    ({ handle }) => ({
      async handle(given) {
        const handled = await handle(given);
        if (handled.kind === 'response' && handled.response.status === 503) throw new Error('lost');
        return handled;
      },
    }),
  ],
  [
    'reads of committed state do not show what is not committed',
    (counter) => ({
      start(services: AdapterServices<CounterItem, CounterResult>) {
        counter.start({
          ...services,
          committed: () => services.head(),
          submit: (item) => services.submit(item),
        });
      },
    }),
  ],
  [
    'a recorded batch that is executed again writes the same, and claims the same',
    () => ({
      ...createRecordedCounter(),
      async reexecute() {
        return {};
      },
    }),
  ],
  [
    'a recorded batch of which any row is forged does not come out like that when it is executed again',
    () => ({
      ...createRecordedCounter(),
      async reexecute(transaction, recorded) {
        for (const { table, puts } of recorded)
          for (const { key, value } of puts) transaction.put(table, key, value);
        return {};
      },
    }),
  ],
];

describe('the compliance suite finds what is broken', () => {
  for (const [rule, change] of broken) {
    test(rule, async () => {
      const check = adapterCompliance().find(({ name }) => name === rule);
      assert.ok(check, `there is a check named ${rule}`);
      const make = () => {
        const counter = createCounterAdapter();
        return subject({ ...counter, ...change(counter) });
      };
      await assert.rejects(check.run(make));
    });
  }
  for (const [rule, change] of brokenNotes) {
    test(rule, async () => {
      const check = adapterCompliance().find(({ name }) => name === rule);
      assert.ok(check, `there is a check named ${rule}`);
      const make = () => {
        const notes = createNotesAdapter();
        return notesSubject({ ...notes, ...change(notes) });
      };
      await assert.rejects(check.run(make), /not compliant/);
    });
  }
  test('every check has found something here', () => {
    const rules = new Set([...broken, ...brokenNotes].map(([rule]) => rule));
    assert.deepEqual(
      adapterCompliance().filter(({ name }) => !rules.has(name)),
      [],
    );
  });
});
