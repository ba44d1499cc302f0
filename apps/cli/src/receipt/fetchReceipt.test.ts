import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpReply } from '@coco/client';
import { CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { fetchReceipt } from './fetchReceipt.js';

type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly refused: string };

/** A node whose answers to each path come in order, the last again and again; time passes only in sleep. */
function invent(answers: Readonly<Record<string, readonly Answer[]>>) {
  let nowMs = 0;
  const sleeps: number[] = [];
  const states: string[] = [];
  const asked: string[] = [];
  const get = async (path: string): Promise<HttpReply> => {
    asked.push(path);
    const list = answers[path.split('?')[0] ?? ''] ?? [{ refused: 'COCO_HOST_NO_ROUTE' }];
    const turn = asked.filter((one) => one === path).length - 1;
    const answer = list[Math.min(turn, list.length - 1)] as Answer;
    if ('refused' in answer) {
      throw new CocoError('COCO_CLIENT_HTTP', 'refused', { status: 404, errorCode: answer.refused });
    }
    const { status, body = {}, headers = {} } = answer;
    return { status, headers, body: utf8(JSON.stringify(body)) };
  };
  const fetch = async (format: 'json' | 'cose' = 'json', timeoutMs = 30_000): Promise<string> =>
    fromUtf8(
      await fetchReceipt({
        client: { get, getJson: async (path) => JSON.parse(fromUtf8((await get(path)).body) ?? '') },
        txId: { view: 2, seqno: 17 },
        format,
        timeoutMs,
        onWait: (state) => states.push(state),
        clock: {
          nowMs: () => nowMs,
          sleep: async (ms) => {
            sleeps.push(ms);
            nowMs += ms;
          },
        },
      }),
    ) ?? '';
  return { fetch, sleeps, states, asked, nowMs: () => nowMs };
}

const status = (value: string): Answer => ({ status: 200, body: { status: value } });
const receipt: Answer = { status: 200, body: { proof: [] } };
const failsWith =
  (code: string, sentence: RegExp) =>
  (error: unknown): boolean =>
    error instanceof CocoError && error.code === code && sentence.test(error.message);

test('TX-4: waits for commit, and gets the receipt then, from either endpoint of a node', async () => {
  const tx = [
    status('Unknown'),
    status('Unknown'),
    status('Pending'),
    status('Pending'),
    status('Committed'),
  ];
  for (const door of ['node', 'app']) {
    const node = invent({ [`/${door}/tx`]: tx, [`/${door}/receipt`]: [receipt] });
    assert.equal(await node.fetch(), '{"proof":[]}');
    assert.deepEqual(new Set(node.states), new Set(['Unknown', 'Pending']));
    assert.equal(node.asked.at(-1), `/${door}/receipt?transaction_id=2.17`);
  }
});

test('what is Unknown, Pending for too long or Invalid has no receipt, and each is told as what it is', async () => {
  const unknown = invent({ '/node/tx': [status('Unknown')] });
  await assert.rejects(
    unknown.fetch(),
    failsWith('COCO_CLI_TX_UNKNOWN', /2\.17: this node does not know it/),
  );
  assert.ok(unknown.nowMs() > 3000 && unknown.nowMs() <= 5000);
  const pending = invent({ '/node/tx': [status('Pending')] });
  await assert.rejects(pending.fetch(), failsWith('COCO_CLI_TX_PENDING', /2\.17: it is not committed yet/));
  assert.ok(pending.nowMs() > 28_000 && pending.nowMs() <= 30_000);
  const invalid = invent({ '/node/tx': [status('Pending'), status('Invalid')] });
  await assert.rejects(
    invalid.fetch(),
    failsWith('COCO_CLI_TX_INVALID', /2\.17: it did not commit and never will/),
  );
  const strange = invent({ '/node/tx': [status('Perhaps')] });
  await assert.rejects(strange.fetch(), failsWith('COCO_CLI_RECEIPT', /no status/));
});

test('a node that fetches an old part of its ledger is asked again when it says, not before', async () => {
  const busy: Answer = { status: 202, headers: { 'retry-after': '3' } };
  const node = invent({ '/node/tx': [status('Committed')], '/node/receipt': [busy, busy, receipt] });
  assert.equal(await node.fetch(), '{"proof":[]}');
  assert.deepEqual(node.sleeps, [3000, 3000]);
  const never = invent({ '/node/tx': [status('Committed')], '/node/receipt': [busy] });
  await assert.rejects(
    never.fetch('json', 10_000),
    failsWith('COCO_CLI_RECEIPT', /not have the receipt ready/),
  );
  assert.deepEqual(never.sleeps, [3000, 3000, 3000]);
  const vague: Answer = { status: 202, headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' } };
  const polled = invent({ '/node/tx': [status('Committed')], '/node/receipt': [vague, receipt] });
  assert.equal(await polled.fetch(), '{"proof":[]}');
  assert.deepEqual(polled.sleeps, [50]);
});

test('a node without COSE receipts, or that has forgotten this one, is told apart from other failures', async () => {
  const tx = { '/node/tx': [status('Committed')] };
  for (const refused of ['COCO_HOST_NO_ROUTE', 'ResourceNotFound']) {
    const node = invent({ ...tx, '/node/receipt/cose': [{ refused }] });
    await assert.rejects(node.fetch('cose'), failsWith('COCO_CLI_RECEIPT', /no receipts as COSE/));
  }
  const forgotten = invent({ ...tx, '/node/receipt': [{ refused: 'TransactionNotFound' }] });
  await assert.rejects(forgotten.fetch(), failsWith('COCO_CLI_RECEIPT', /ask another node/));
  const other = invent({ ...tx, '/node/receipt': [{ refused: 'InternalError' }] });
  await assert.rejects(other.fetch(), failsWith('COCO_CLIENT_HTTP', /refused/));
  const cose = invent({ ...tx, '/node/receipt/cose': [receipt] });
  assert.equal(await cose.fetch('cose'), '{"proof":[]}');
});
