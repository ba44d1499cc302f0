/**
 * A worker in a process of its own that was taken over, for the tests of this room.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromWorker } from '@coco/adapter';
import { fromUtf8, utf8 } from '@coco/primitives';
import type { Attempt, Outcome } from './hostileAdapter.test.js';
import type { WorkerChannel } from './workerChannel.js';
import type { WorkerProtection } from './workerPlacement.js';
import { openWorkerProcess } from './workerProcess.js';

export const module = new URL('./hostileAdapter.test.js', import.meta.url).href;
export const settings = {
  batch: { itemsMax: 10, executeMs: 10 },
  eagerItems: 1,
  uncommittedBatchesMax: 1,
  queueItemsMax: 10,
  historySeqnos: 0,
  reexecution: { all: false, waitingMax: 4 },
};

export interface Taken {
  readonly channel: WorkerChannel;
  attempt(attempt: Attempt): Promise<Outcome>;
  /** What it says besides answers. */
  readonly said: FromWorker[];
  next(): Promise<FromWorker>;
}

export async function openTaken(
  t: TestContext,
  options: { readonly hidden?: readonly string[]; readonly without?: readonly WorkerProtection[] } = {},
): Promise<Taken> {
  const said: FromWorker[] = [];
  const waiting: ((message: FromWorker) => void)[] = [];
  const channel = await openWorkerProcess({
    settings,
    adapters: [{ module, settings: {} }],
    placement: { network: false },
    ...options,
    onMessage: (message) => {
      const next = waiting.shift();
      if (next === undefined) said.push(message);
      else next(message);
    },
  });
  t.after(() => channel.close());
  const next = (): Promise<FromWorker> =>
    new Promise((resolve) => {
      const early = said.shift();
      if (early === undefined) waiting.push(resolve);
      else resolve(early);
    });
  let id = 0;
  return {
    channel,
    said,
    next,
    async attempt(attempt) {
      id++;
      const body = utf8(JSON.stringify(attempt));
      const caller = { kind: 'anonymous' } as const;
      const request = { method: 'POST', path: '/try', query: '', headers: {}, body, caller };
      channel.post({ type: 'request', id, request, nowMs: 0 });
      const answer = await next();
      assert.ok(answer.type === 'response', JSON.stringify(answer));
      return JSON.parse(fromUtf8(answer.response.body) ?? '') as Outcome;
    },
  };
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await sleep(50);
  assert.ok(condition());
}
