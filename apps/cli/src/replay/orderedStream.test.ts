import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRpcOutcome } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { type ReplayResult, type ReplayTarget, streamInOrder } from './orderedStream.js';
import type { ReplayTransaction } from './replaySet.js';

const count = 10;
const transactions: readonly ReplayTransaction[] = Array.from({ length: count }, (_, index) => ({
  raw: `raw${index}`,
  expect: { hash: `hash${index}`, status: 1, gasUsed: 0n, contractAddress: null, logs: [] },
}));
const inOrder = transactions.map(({ raw }) => raw);

/** A node that executes what it accepts at its next poll, in order; tests break parts of it. */
class FakeNode implements ReplayTarget {
  readonly executed: string[] = [];
  queue: string[] = [];
  busy = 0;

  async accept(raws: readonly string[]): Promise<readonly JsonRpcOutcome[]> {
    this.exclusive();
    return raws.map((raw) => this.take(raw));
  }

  async commit(raws: readonly string[]): Promise<readonly JsonRpcOutcome[]> {
    const outcomes = await this.accept(raws);
    this.execute();
    return outcomes;
  }

  async receipts(hashes: readonly string[]): Promise<readonly JsonRpcOutcome[]> {
    const outcomes = hashes.map((hash): JsonRpcOutcome => {
      const isThere = this.executed.includes(hash.replace('hash', 'raw'));
      return { ok: true, result: isThere ? { hash } : null };
    });
    this.execute();
    return outcomes;
  }

  take(raw: string): JsonRpcOutcome {
    if (this.queue.includes(raw) || this.executed.includes(raw)) {
      return { ok: false, code: -32_000, message: 'already known' };
    }
    this.queue.push(raw);
    return { ok: true, result: raw };
  }

  execute(): void {
    this.executed.push(...this.queue);
    this.queue = [];
  }

  /** Two requests at the same time may be carried out in any order: there must never be two. */
  exclusive(): void {
    assert.equal(this.busy++, 0);
    queueMicrotask(() => this.busy--);
  }
}

async function stream(
  node: ReplayTarget,
  settings: { readonly batchItems?: number; readonly inFlightBatches?: number } = {},
): Promise<Map<number, ReplayResult>> {
  const results = new Map<number, ReplayResult>();
  let nowMs = 0;
  await streamInOrder(transactions, {
    target: node,
    batchItems: 3,
    inFlightBatches: 1,
    ...settings,
    patienceMs: 30_000,
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    onResult(index, result) {
      assert.ok(!results.has(index), `one result for transaction ${index}`);
      results.set(index, result);
    },
  });
  assert.equal(results.size, count);
  return results;
}

const allReceipts = (results: Map<number, ReplayResult>): boolean =>
  [...results.values()].every(({ kind }) => kind === 'receipt');

for (const batchItems of [1, 3, 10, 100]) {
  for (const inFlightBatches of [1, 2, 5]) {
    test(`the order is that of the list: ${batchItems} in a batch, ${inFlightBatches} in flight`, async () => {
      const node = new FakeNode();
      assert.ok(allReceipts(await stream(node, { batchItems, inFlightBatches })));
      assert.deepEqual(node.executed, inOrder);
    });
  }
}

for (const inFlightBatches of [1, 3]) {
  test(`a node that is away for a while changes nothing (${inFlightBatches} in flight)`, async () => {
    let calls = 0;
    const node = new (class extends FakeNode {
      override async accept(raws: readonly string[]): Promise<readonly JsonRpcOutcome[]> {
        calls += 1;
        // Sometimes before, sometimes after it was taken: the caller cannot know.
        if (calls % 4 === 1) throw new CocoError('COCO_CLIENT_HTTP', 'no primary', { status: 503 });
        const outcomes = await super.accept(raws);
        if (calls % 4 === 2) throw new CocoError('COCO_CLIENT_CONNECTION', 'reset');
        return outcomes;
      }
    })();
    assert.ok(allReceipts(await stream(node, { inFlightBatches })));
    assert.deepEqual(node.executed, inOrder);
  });

  test(`what was accepted and lost with its primary is sent again (${inFlightBatches} in flight)`, async () => {
    let losses = 2;
    const node = new (class extends FakeNode {
      override execute(): void {
        // A new primary has none of the queue.
        if (losses > 0 && this.executed.length >= 3) {
          losses -= 1;
          this.queue = [];
        }
        super.execute();
      }
    })();
    assert.ok(allReceipts(await stream(node, { inFlightBatches })));
    assert.deepEqual(node.executed.toSorted(), inOrder);
  });

  test(`a refused transaction has its reason, and the others their receipts (${inFlightBatches} in flight)`, async () => {
    const node = new (class extends FakeNode {
      override take(raw: string): JsonRpcOutcome {
        if (raw === 'raw4') return { ok: false, code: -32_000, message: 'nonce too low' };
        return super.take(raw);
      }
    })();
    const results = await stream(node, { inFlightBatches });
    assert.deepEqual(results.get(4), { kind: 'refused', reason: 'nonce too low (-32000)' });
    assert.deepEqual(
      node.executed,
      inOrder.filter((raw) => raw !== 'raw4'),
    );
  });

  test(`patience ends with what is never committed (${inFlightBatches} in flight)`, async () => {
    const node = new (class extends FakeNode {
      override execute(): void {
        this.executed.push(...this.queue.filter((raw) => raw !== 'raw4'));
        this.queue = this.queue.filter((raw) => raw === 'raw4');
      }
    })();
    const results = await stream(node, { inFlightBatches });
    assert.deepEqual(results.get(4), { kind: 'refused', reason: 'it was accepted, but never committed' });
    assert.equal(node.executed.length, count - 1);
  });
}

test('when a batch is not accepted, those before it are settled first: they may be lost as well', async () => {
  let calls = 0;
  const node = new (class extends FakeNode {
    override async accept(raws: readonly string[]): Promise<readonly JsonRpcOutcome[]> {
      calls += 1;
      if (calls !== 3) return super.accept(raws);
      this.queue = [];
      throw new CocoError('COCO_CLIENT_HTTP', 'no primary', { status: 503 });
    }
  })();
  assert.ok(allReceipts(await stream(node, { inFlightBatches: 4 })));
  assert.deepEqual(node.executed, inOrder);
});

test('a failure that waiting cannot mend is thrown', async () => {
  const node = new FakeNode();
  node.accept = async () => {
    throw new CocoError('COCO_CLIENT_CERTIFICATE', 'another service');
  };
  await assert.rejects(stream(node), { code: 'COCO_CLIENT_CERTIFICATE' });
});
