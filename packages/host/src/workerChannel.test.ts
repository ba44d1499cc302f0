import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromWorker, ToWorker } from '@coco/adapter';
import { fromUtf8 } from '@coco/primitives';
import type { Test } from './entries.test.js';
import { openWorkerChannel, type WorkerChannel } from './workerChannel.js';
import type { WorkerIsolation } from './workerPlacement.js';

const module = new URL('./echoAdapter.test.js', import.meta.url).href;
const settings = {
  batch: { itemsMax: 10, executeMs: 10 },
  eagerItems: 1,
  uncommittedBatchesMax: 1,
  queueItemsMax: 10,
  historySeqnos: 0,
  reexecution: { all: false, waitingMax: 4 },
};

interface Open {
  readonly channel: WorkerChannel;
  readonly received: FromWorker[];
  next(): Promise<FromWorker>;
}

async function openChannel(
  t: Test,
  isolation: WorkerIsolation,
  adapterSettings: unknown = {},
): Promise<Open> {
  const received: FromWorker[] = [];
  let wake = (): void => undefined;
  const channel = await openWorkerChannel({
    settings,
    adapters: [{ module, settings: adapterSettings }],
    placement: { isolation, network: false },
    onMessage: (message) => {
      received.push(message);
      wake();
    },
  });
  t.after(() => channel.close());
  let taken = 0;
  return {
    channel,
    received,
    async next() {
      while (received.length <= taken) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return received[taken++] as FromWorker;
    },
  };
}

const request = (id: number, path: string, body: Uint8Array): ToWorker => ({
  type: 'request',
  id,
  request: { method: 'POST', path, query: '', headers: {}, body, caller: { kind: 'anonymous' } },
  nowMs: 0,
});

const places = {
  none: 'in this thread',
  thread: 'in a thread of its own',
  process: 'in a process of its own',
} as const;

for (const [isolation, where] of Object.entries(places) as [WorkerIsolation, string][]) {
  test(`a request is answered, and its bytes stay the sender's, ${where}`, async (t) => {
    const { channel, next } = await openChannel(t, isolation);
    const buffer = new Uint8Array(1000).fill(1);
    const body = buffer.subarray(5, 8);
    channel.post(request(7, '/echo', body));
    const answer = await next();
    assert.ok(answer.type === 'response');
    assert.equal(answer.id, 7);
    assert.deepEqual(answer.response.body, new Uint8Array([1, 1, 1]));
    assert.equal(body.length, 3);
  });

  test(`bytes come whole, however many, ${where}`, async (t) => {
    const { channel, next } = await openChannel(t, isolation);
    const sizes = [0, 65_535, 3_000_000, 1, 70_000];
    for (const [index, size] of sizes.entries())
      channel.post(request(index, '/echo', new Uint8Array(size).fill(size % 251)));
    for (const size of sizes) {
      const answer = await next();
      assert.ok(answer.type === 'response');
      assert.equal(answer.response.body.length, size);
      assert.ok(answer.response.body.every((byte) => byte === size % 251));
    }
    await channel.caughtUp();
  });

  test(`neither side is called from within the other, and messages keep their order, ${where}`, async (t) => {
    const { channel, received, next } = await openChannel(t, isolation);
    for (let id = 1; id <= 20; id++) channel.post(request(id, '/nothing', new Uint8Array()));
    assert.equal(received.length, 0);
    const ids: number[] = [];
    while (ids.length < 20) {
      const answer = await next();
      if (answer.type === 'response') ids.push(answer.id);
    }
    assert.deepEqual(
      ids,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  test(`after closing nothing is delivered any more, ${where}`, async (t) => {
    const { channel, received } = await openChannel(t, isolation);
    channel.post(request(1, '/echo', new Uint8Array(3)));
    await channel.close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(received, []);
  });

  test(`an adapter that refuses its settings, or is none, is told when the node starts, ${where}`, async (t) => {
    await assert.rejects(openChannel(t, isolation, 'fail'), /settings are refused/);
    const none = { settings, placement: { isolation, network: false }, onMessage: () => undefined };
    for (const missing of ['node:path', './not-there.js']) {
      await assert.rejects(openWorkerChannel({ ...none, adapters: [{ module: missing, settings: {} }] }), {
        code: 'COCO_HOST_ADAPTER',
      });
    }
  });
}

test('an answer that cannot cross to the manager is an error of the adapter, and of nobody else', async (t) => {
  const { channel, next } = await openChannel(t, 'process');
  channel.post(request(1, '/bad', new Uint8Array(0)));
  channel.post(request(2, '/echo', new Uint8Array(3)));
  const [bad, good] = [await next(), await next()];
  assert.ok(bad.type === 'response' && good.type === 'response');
  assert.equal(bad.response.status, 500);
  assert.match(fromUtf8(bad.response.body) ?? '', /COCO_HOST_WORKER_ANSWER/);
  assert.equal(good.response.body.length, 3);
});

for (const isolation of ['thread', 'process'] as const) {
  test(`a ${isolation} that ends by itself has failed`, async (t) => {
    const { channel, next } = await openChannel(t, isolation);
    channel.post(request(1, '/end', new Uint8Array()));
    const said = await next();
    assert.ok(said.type === 'failed');
    if (isolation === 'process') {
      assert.match(said.message, /^COCO_HOST_WORKER_ENDED: the worker's process ended with exit status 1/);
    }
    // Nobody waits for it for ever.
    await channel.caughtUp();
  });
}
