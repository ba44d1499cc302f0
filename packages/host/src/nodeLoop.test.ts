import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from '@coco/kv';
import type { Replica, ReplicaEffects, ReplicaEvent } from '@coco/replica';
import { sealedEntries } from './entries.test.js';
import { testNetworkView } from './identities.test.js';
import { createNodeLoop, type LoopDisk, type NodeLoop } from './nodeLoop.js';

const [first, second] = sealedEntries(2);
assert.ok(first !== undefined && second !== undefined);

const nothing: ReplicaEffects = { now: [], send: [], apply: [], replies: [], snapshots: [] };
const tick: ReplicaEvent = { type: 'elapsed', ms: 1, nowMs: 0 };
const message = (seqno: number) => ({ type: 'committed', seqno }) as const;
const response = { status: 200, headers: {}, body: new Uint8Array() };
const header = new Uint8Array([0]);

interface World {
  readonly loop: NodeLoop;
  /** Everything that was carried out, in order. */
  readonly done: string[];
  /** Answers the next synchronisation that waits. */
  endSync(error?: Error): Promise<void>;
  syncs(): number;
}

/** A loop around a replica whose steps give `script`, one after the other, and then nothing. */
function world(script: readonly ReplicaEffects[]): World {
  const done: string[] = [];
  const steps = [...script];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let syncs = 0;
  const entries = new Map<number, Uint8Array>();
  const disk: LoopDisk = {
    note: ({ rollbackTo, entries: added }) => {
      if (rollbackTo !== undefined)
        for (const seqno of entries.keys()) if (seqno > rollbackTo) entries.delete(seqno);
      for (const { seqno, bytes } of added) entries.set(seqno, bytes);
      done.push('note');
    },
    sync: () => {
      syncs++;
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    read: (from, to) =>
      Array.from({ length: to - from + 1 }, (_, index) => entries.get(from + index) as Uint8Array),
    committed: (seqno) => done.push(`disk committed ${seqno}`),
  };
  const replica = {
    step(event: ReplicaEvent): ReplicaEffects {
      if (event.type === 'persisted') done.push(`persisted ${event.upTo.seqno}`);
      return steps.shift() ?? nothing;
    },
  } as unknown as Replica;
  const loop = createNodeLoop(replica, {
    disk,
    send: (to, frame) => done.push(`send ${to} ${frame.length}`),
    toWorker: (sent) => done.push(`worker ${'seqno' in sent ? sent.seqno : ''}`),
    reply: (token) => done.push(`reply ${token}`),
    durable: () => undefined,
    committed: (seqno, items) => done.push(`committed ${seqno} ${items}`),
    secrets: () => done.push('secrets'),
    governed: () => done.push('governed'),
    network: () => done.push('network'),
    snapshots: () => done.push('snapshots'),
    turnedBack: () => done.push('turned back'),
    fatal: (error) => done.push(`fatal ${(error as Error).message}`),
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    loop,
    done,
    syncs: () => syncs,
    async endSync(error) {
      await settle();
      const next = waiting.shift();
      assert.ok(next !== undefined, 'a synchronisation is under way');
      if (error === undefined) next.resolve();
      else next.reject(error);
      await settle();
    },
  };
}

const everything: ReplicaEffects = {
  now: [message(1)],
  persist: { entries: [first] },
  send: [{ to: 'bob', header }],
  apply: [message(2)],
  committed: { seqno: 9, items: 3 },
  replies: [{ token: 5, response }],
  snapshots: [],
};

test('who takes part changes after the answers; governance tables are told within their step', async () => {
  const effects: ReplicaEffects = {
    ...everything,
    network: { head: testNetworkView(), committed: testNetworkView() },
    governance: createStore().read(0),
    snapshots: [{ type: 'discard', seqno: 1 }],
  };
  const { loop, done, endSync } = world([effects]);
  loop.step(tick);
  assert.deepEqual(done, ['worker 1', 'note', 'governed']);
  await endSync();
  assert.deepEqual(done.slice(-2), ['network', 'snapshots']);
  assert.ok(done.indexOf('reply 5') < done.indexOf('network'));
});

test('effects are carried out in the order persist, send, apply, reply; `now` at once', async () => {
  const { loop, done, endSync } = world([everything]);
  loop.step(tick);
  assert.deepEqual(done, ['worker 1', 'note']);
  await endSync();
  assert.deepEqual(done.slice(2), [
    'persisted 1',
    'send bob 1',
    'worker 2',
    'reply 5',
    'disk committed 9',
    'committed 9 3',
  ]);
});

test('a step without anything to persist does not wait when the disk is idle, and does when it is not', async () => {
  const reply: ReplicaEffects = { ...nothing, replies: [{ token: 6, response }] };
  const { loop, done, endSync, syncs } = world([reply, everything, reply]);
  loop.step(tick);
  assert.deepEqual(done, ['reply 6']);
  loop.step(tick);
  loop.step(tick);
  assert.equal(done.filter((what) => what === 'reply 6').length, 1, 'steps do not overtake each other');
  await endSync();
  assert.deepEqual(
    done.filter((what) => what.startsWith('reply')),
    ['reply 6', 'reply 5', 'reply 6'],
  );
  assert.equal(syncs(), 1);
});

test('steps that come while the disk is busy share one synchronisation (group commit)', async () => {
  const one = (token: number, entry = first): ReplicaEffects => ({
    ...nothing,
    persist: { entries: [entry] },
    replies: [{ token, response }],
  });
  const { loop, done, endSync, syncs } = world([one(1), one(2), one(3), one(4, second)]);
  for (let step = 0; step < 4; step++) loop.step(tick);
  await endSync();
  await endSync();
  assert.equal(syncs(), 2);
  const told = done.filter((what) => what.startsWith('reply') || what.startsWith('persisted'));
  assert.deepEqual(told, ['persisted 1', 'reply 1', 'persisted 2', 'reply 2', 'reply 3', 'reply 4']);
});

test('when the disk fails nothing of the step leaves, and the node hears of it once', async () => {
  const { loop, done, endSync } = world([everything, everything]);
  loop.step(tick);
  loop.step(tick);
  await endSync(new Error('EIO'));
  loop.step(tick);
  await loop.drained();
  assert.deepEqual(
    done.filter((what) => /^(send|reply|persisted|fatal|committed)/.test(what)),
    ['fatal EIO'],
  );
});

test('a message carries the entries as the log was at its step, also when a later step rolls them back', async () => {
  const attached: ReplicaEffects = {
    ...nothing,
    persist: { entries: [first, second] },
    send: [{ to: 'bob', header, entries: { from: 1, to: 2 } }],
  };
  const { loop, done, endSync } = world([attached, { ...nothing, persist: { rollbackTo: 0, entries: [] } }]);
  loop.step(tick);
  loop.step(tick);
  await endSync();
  assert.ok(done.includes(`send bob ${1 + first.bytes.length + second.bytes.length}`));
});
