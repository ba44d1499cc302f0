import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8 } from '@coco/primitives';
import { createFreshness, type Freshness } from './freshness.js';
import type { HttpResponse } from './http.js';

const answer = { status: 200, headers: { a: 'b' }, body: new Uint8Array([1]) };

/** A node that starts with commit 7, and its clock. */
function node(refuseStale = false): {
  freshness: Freshness;
  pass: (ms: number) => void;
  touch: (ms: number) => void;
} {
  let now = 1000;
  const freshness = createFreshness({ staleAfterMs: 500, refuseStale }, 7, () => now);
  return {
    freshness,
    pass: (ms) => {
      now += ms;
    },
    touch: (outOfTouchMs) => freshness.look({ consensus: { outOfTouchMs } } as never),
  };
}

const ask = (freshness: Freshness, response: HttpResponse = answer): Promise<HttpResponse> =>
  freshness.mark(async () => response, true);

test('an answer says how far the node had committed when it was asked', async () => {
  const { freshness, touch } = node();
  touch(0);
  assert.deepEqual(await ask(freshness), { ...answer, headers: { a: 'b', 'x-coco-committed-seqno': '7' } });
  const late = freshness.mark(async () => {
    freshness.applied(9);
    return answer;
  }, true);
  assert.equal((await late).headers['x-coco-committed-seqno'], '7', 'the answer may not have seen more');
  assert.equal((await ask(freshness)).headers['x-coco-committed-seqno'], '9');
});

test('the transaction that an answer depends on counts once it is committed here', async () => {
  const { freshness, touch } = node();
  touch(0);
  const own = (seqno: number) => ({ ...answer, headers: { 'x-ms-ccf-transaction-id': `2.${seqno}` } });
  const late = freshness.mark(async () => {
    freshness.applied(12);
    return own(12);
  }, true);
  assert.equal((await late).headers['x-coco-committed-seqno'], '12');
  assert.equal((await ask(freshness, own(13))).headers['x-coco-committed-seqno'], '12');
});

test('out of touch for too long, by its own clock, the node says so until it is in touch again', async () => {
  const { freshness, pass, touch } = node();
  assert.equal(
    (await ask(freshness)).headers['x-coco-stale-ms'],
    'unknown',
    'never in touch since it started',
  );
  touch(20);
  pass(470);
  assert.equal((await ask(freshness)).headers['x-coco-stale-ms'], undefined);
  pass(15.5);
  assert.equal((await ask(freshness)).headers['x-coco-stale-ms'], '505');
  assert.equal(freshness.outOfTouchMs(), 505.5);
  // Held up by its host: the clock went on, and it has not looked since.
  pass(60_000);
  assert.equal((await ask(freshness)).headers['x-coco-stale-ms'], '60505');
  touch(0);
  assert.equal((await ask(freshness)).headers['x-coco-stale-ms'], undefined);
});

test('where that is set, it refuses what it would answer from its own state, and nothing else', async () => {
  const { freshness, pass, touch } = node(true);
  touch(0);
  assert.equal((await ask(freshness)).status, 200);
  pass(2500);
  const refused = await ask(freshness);
  assert.equal(refused.status, 503);
  assert.match(fromUtf8(refused.body) ?? '', /COCO_HOST_STALE.*for 2 s/);
  assert.equal(refused.headers['x-coco-stale-ms'], '2500');
  assert.equal((await freshness.mark(async () => answer, false)).status, 200);
});
