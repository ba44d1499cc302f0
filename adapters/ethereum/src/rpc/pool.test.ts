/**
 * The pool: order of nonces, what is refused and how it is worded, and that nothing stays behind.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { settleDown, TestNode } from './testing/testNode.js';
import { type Sending, testWallet } from './testing/wallet.js';

const wallet = testWallet(1);

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** A send on its way: `answer` is undefined while it waits. */
interface Sent {
  answer: { result?: string; error?: { code: number; message: string; data?: unknown } } | undefined;
}

async function send(node: TestNode, sending: Sending, from = wallet): Promise<Sent> {
  const sent: Sent = { answer: undefined };
  void node.answer('eth_sendRawTransaction', from.sign(sending)).then((answer) => {
    sent.answer = answer as Exclude<Sent['answer'], undefined>;
  });
  await settleDown();
  return sent;
}

function held(options: ConstructorParameters<typeof TestNode>[0] = {}): TestNode {
  const node = new TestNode(options);
  node.held = true;
  return node;
}

async function counts(node: TestNode): Promise<readonly number[]> {
  const { pending, queued } = await node.call('txpool_status');
  return [Number(pending), Number(queued)];
}

const isAnswered = ({ answer }: Sent): boolean => answer !== undefined;
const message = ({ answer }: Sent): string => answer?.error?.message ?? JSON.stringify(answer);

test('a hash in the answer means committed', async () => {
  const node = held();
  node.uncertain = true;
  const sent = await send(node, { nonce: 0 });
  assert.ok(!isAnswered(sent));
  await node.execute();
  await settleDown();
  assert.ok(!isAnswered(sent), 'executed is not enough');
  await node.commit();
  assert.match(sent.answer?.result ?? '', /^0x[0-9a-f]{64}$/);
  assert.notEqual(await node.call('eth_getTransactionReceipt', sent.answer?.result), null);
  assert.deepEqual(await counts(node), [0, 0]);
});

test('a nonce ahead of its turn waits, and executes when those before it have come', async () => {
  const node = held();
  const [second, third] = [await send(node, { nonce: 1 }), await send(node, { nonce: 2 })];
  assert.deepEqual(await counts(node), [0, 2]);
  assert.equal(await node.call('eth_getTransactionCount', wallet.addressHex, 'pending'), '0x0');
  const first = await send(node, { nonce: 0 });
  assert.deepEqual(await counts(node), [3, 0]);
  assert.equal(await node.call('eth_getTransactionCount', wallet.addressHex, 'pending'), '0x3');
  await node.execute();
  for (const sent of [first, second, third]) assert.notEqual(sent.answer?.result, undefined, message(sent));
  assert.deepEqual(await counts(node), [0, 0]);
});

test('a send that waits for other nonces is answered with its hash after gapWaitMs', async () => {
  const node = held({ limits: { gapWaitMs: 100, commitWaitMs: 1_000 } });
  const sent = await send(node, { nonce: 5 });
  mock.timers.tick(99);
  await settleDown();
  assert.ok(!isAnswered(sent));
  mock.timers.tick(1);
  await settleDown();
  const hash = sent.answer?.result;
  assert.match(hash ?? '', /^0x/);
  const shown = await node.call('eth_getTransactionByHash', hash);
  assert.deepEqual([shown.hash, shown.blockNumber, shown.nonce], [hash, null, '0x5']);
});

test('EIP-7966: what waits for room in the queue is not answered as if it were ahead of its turn', async () => {
  const node = held({ limits: { gapWaitMs: 100, commitWaitMs: 1_000 } });
  node.busy = true;
  const sent = [
    await send(node, { nonce: 0 }),
    await send(node, { nonce: 1 }),
    await send(node, { nonce: 3 }),
  ];
  mock.timers.tick(100);
  await settleDown();
  assert.deepEqual(sent.map(isAnswered), [false, false, true]);
  mock.timers.tick(900);
  await settleDown();
  assert.deepEqual(
    sent.map(({ answer }) => answer?.error?.code),
    [4, 4, undefined],
  );
});

test('EIP-7966: a send that is not committed in time is told so with code 4, and goes on', async () => {
  const node = held({ limits: { gapWaitMs: 100, commitWaitMs: 1_000 } });
  const sent = await send(node, { nonce: 0 });
  mock.timers.tick(100);
  await settleDown();
  mock.timers.tick(900);
  await settleDown();
  assert.equal(sent.answer?.error?.code, 4);
  await node.execute();
  assert.notEqual(await node.call('eth_getTransactionReceipt', sent.answer?.error?.data), null);
  assert.deepEqual(await counts(node), [0, 0]);
});

test('RFC 7240: prefer: respond-async, or a setting, answers as soon as it is accepted', async () => {
  const node = held();
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'eth_sendRawTransaction',
    params: [wallet.sign({ nonce: 0 })],
  };
  const { text, headers, txId } = await node.post(JSON.stringify(body), { prefer: 'respond-async, wait=10' });
  assert.match(text, /"result":"0x/);
  assert.equal(headers['preference-applied'], 'respond-async');
  assert.equal(txId, undefined);
  const other = held({ limits: { respondAsync: true } });
  assert.notEqual((await send(other, { nonce: 0 })).answer?.result, undefined);
});

test('geth: the same transaction twice is "already known", in the pool and in a block', async () => {
  const node = held();
  await send(node, { nonce: 0 });
  assert.equal(message(await send(node, { nonce: 0 })), 'already known');
  await node.execute();
  assert.equal(message(await send(node, { nonce: 0 })), 'already known');
});

test('geth: a used nonce is "nonce too low", one far ahead "nonce too high"', async () => {
  const node = new TestNode({ limits: { nonceGapMax: 3 } });
  await node.call('eth_sendRawTransaction', wallet.sign({ nonce: 0 }));
  const low = await node.error('eth_sendRawTransaction', wallet.sign({ nonce: 0, value: 1n }));
  assert.deepEqual(low, { code: -32000, message: 'nonce too low: next nonce 1, tx nonce 0' });
  const high = await node.error('eth_sendRawTransaction', wallet.sign({ nonce: 5 }));
  assert.equal(high.code, -32000);
  assert.match(high.message, /^nonce too high: .* tx: 5 state: 1, at most 3 ahead$/);
  assert.deepEqual(await counts(node), [0, 0]);
});

test('geth: only what waits can be replaced, and only by a tenth more of both fees', async () => {
  const node = held();
  const waiting = await send(node, { nonce: 1, maxFeePerGas: 100n, maxPriorityFeePerGas: 10n });
  const refused = 'replacement transaction underpriced';
  const attempt = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Promise<Sent> =>
    send(node, { nonce: 1, maxFeePerGas, maxPriorityFeePerGas });
  assert.equal(message(await attempt(109n, 11n)), refused);
  assert.equal(message(await attempt(110n, 10n)), refused);
  assert.equal(message(await attempt(99n, 11n)), refused);
  await attempt(110n, 11n);
  assert.match(message(waiting), /^replaced by another/);
  assert.deepEqual(await counts(node), [0, 1]);
  await send(node, { nonce: 0 });
  assert.equal(message(await attempt(200n, 20n)), refused, 'it is submitted now');
  await node.execute();
  assert.deepEqual(await counts(node), [0, 0]);
  const free = await send(node, { nonce: 3 });
  assert.equal(message(await send(node, { nonce: 3, value: 1n })), refused, 'a tenth of nothing is not more');
  assert.ok(!isAnswered(free));
});

test('geth: what waits must be able to pay', async () => {
  const node = held();
  const poor = testWallet(99);
  const sent = await send(node, { nonce: 1, value: 1n }, poor);
  assert.match(message(sent), /^insufficient funds for gas \* price \+ value: address 0x.* have 0 want 1$/);
  assert.deepEqual(await counts(node), [0, 0]);
});

test('a refusal at execution frees the queue: what is behind waits for a new transaction in its place', async () => {
  const node = held();
  const tooMuch = 2n * 10n ** 24n;
  const first = await send(node, { nonce: 0, value: tooMuch });
  const [second, third] = [await send(node, { nonce: 1 }), await send(node, { nonce: 2 })];
  assert.deepEqual(await counts(node), [3, 0]);
  await node.execute();
  assert.match(message(first), /^insufficient funds for gas \* price \+ value/);
  assert.ok(!isAnswered(second) && !isAnswered(third));
  assert.deepEqual(await counts(node), [0, 2]);
  assert.equal(await node.call('eth_getTransactionCount', wallet.addressHex, 'pending'), '0x0');
  const instead = await send(node, { nonce: 0, value: 1n });
  assert.deepEqual(await counts(node), [3, 0]);
  await node.execute();
  for (const sent of [instead, second, third]) assert.notEqual(sent.answer?.result, undefined, message(sent));
  assert.deepEqual(await counts(node), [0, 0]);
});

test('a refusal is told only when the state that it speaks of is committed', async () => {
  const node = held();
  node.uncertain = true;
  const sent = await send(node, { nonce: 0, value: 2n * 10n ** 24n });
  await node.execute();
  await settleDown();
  assert.ok(!isAnswered(sent));
  await node.loseLeadership();
  assert.equal(sent.answer?.error?.code, -32002);
});

test('limits: the pool, one sender, and who makes room when it is full', async () => {
  const node = held({ limits: { poolItemsMax: 3, poolPerSenderMax: 2 } });
  const [a, b, c, d] = [1, 2, 3, 4].map(testWallet) as [
    typeof wallet,
    typeof wallet,
    typeof wallet,
    typeof wallet,
  ];
  await send(node, { nonce: 0 }, a);
  await send(node, { nonce: 1 }, a);
  const tooMany = await send(node, { nonce: 2 }, a);
  assert.equal(tooMany.answer?.error?.code, -32005);
  assert.match(message(tooMany), /^account limit exceeded/);
  const waits = await send(node, { nonce: 1 }, b);
  assert.deepEqual(await counts(node), [2, 1]);
  assert.equal(
    message(await send(node, { nonce: 7 }, c)),
    'txpool is full',
    'a waiting one drives nobody out',
  );
  await send(node, { nonce: 0 }, c);
  assert.match(message(waits), /^txpool is full: .* took the place/);
  const refused = await send(node, { nonce: 0 }, d);
  assert.deepEqual([refused.answer?.error?.code, message(refused)], [-32005, 'txpool is full']);
  await node.execute();
  assert.deepEqual(await counts(node), [0, 0]);
});

test('COCO_WORKER_BUSY: what the worker has no room for is tried again after the next commit, in order', async () => {
  const node = held();
  node.busy = true;
  const sends = [0, 1, 2].map((nonce) => send(node, { nonce }));
  const [first, second, third] = (await Promise.all(sends)) as [Sent, Sent, Sent];
  assert.deepEqual(await counts(node), [0, 3]);
  const pending = await node.call('eth_getTransactionCount', wallet.addressHex, 'pending');
  assert.equal(pending, '0x3', 'they will execute');
  await node.commit();
  assert.deepEqual(await counts(node), [0, 3], 'still busy');
  node.busy = false;
  await node.commit();
  assert.deepEqual(await counts(node), [3, 0]);
  await node.execute();
  for (const sent of [first, second, third]) assert.notEqual(sent.answer?.result, undefined, message(sent));
  assert.equal(await node.call('eth_blockNumber'), '0x1');
});

test('a lost leadership is told as an error that can be retried, and leaves nothing in the pool', async () => {
  const node = held();
  node.uncertain = true;
  const executed = await send(node, { nonce: 0 });
  await node.execute();
  const waiting = await send(node, { nonce: 5 });
  await node.loseLeadership();
  for (const sent of [executed, waiting]) {
    assert.deepEqual(sent.answer?.error, {
      code: -32002,
      message: 'the primary changed before the transaction was committed; it had no effect, send it again',
      data: { retry: true },
    });
  }
  assert.deepEqual(await counts(node), [0, 0]);
  node.isPrimary = true;
  node.uncertain = false;
  const again = await send(node, { nonce: 0 });
  await node.execute();
  assert.notEqual(again.answer?.result, undefined, message(again));
});

test('a rollback under the same primary makes room for the nonces that it took back', async () => {
  const node = held();
  node.uncertain = true;
  const lost = await send(node, { nonce: 0 });
  await node.execute();
  const waiting = await send(node, { nonce: 2 });
  await node.rollback();
  assert.equal(lost.answer?.error?.code, -32002);
  const again = await send(node, { nonce: 0, value: 1n });
  assert.deepEqual(await counts(node), [1, 1]);
  node.uncertain = false;
  const second = await send(node, { nonce: 1 });
  await node.execute();
  for (const sent of [again, second, waiting]) assert.notEqual(sent.answer?.result, undefined, message(sent));
});

test('what waits too long for other nonces is dropped', async () => {
  const node = new TestNode({ limits: { waitingBlocksMax: 2 } });
  const sent = await send(node, { nonce: 1 });
  for (let nonce = 0; nonce < 3; nonce++) {
    assert.ok(!isAnswered(sent));
    await node.call('eth_sendRawTransaction', testWallet(2).sign({ nonce }));
    await settleDown();
  }
  assert.match(message(sent), /^dropped: it waited too long/);
  assert.deepEqual(await counts(node), [0, 0]);
});

test('whatever happens in whatever order, every send is answered, every hash is in a block, and the pool ends empty', async () => {
  for (let seed = 1; seed <= 20; seed++) await randomRun(seed);
});

async function randomRun(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const node = held({
    limits: { poolItemsMax: 20, poolPerSenderMax: 8, nonceGapMax: 5, waitingBlocksMax: 10 },
  });
  const all: Sent[] = [];
  for (let step = 0; step < 100; step++) {
    const from = testWallet(1 + random.integer(3));
    const action = random.integer(10);
    if (action < 6) {
      const next = Number(await node.call('eth_getTransactionCount', from.addressHex, 'latest'));
      const value = random.integer(8) === 0 ? 2n * 10n ** 24n : BigInt(random.integer(3));
      const maxFeePerGas = BigInt(random.integer(3)) * 100n;
      const sending = {
        nonce: next + random.integer(5),
        value,
        maxFeePerGas,
        maxPriorityFeePerGas: maxFeePerGas,
      };
      all.push(await send(node, sending, from));
    } else if (action === 6) {
      node.busy = !node.busy;
    } else if (action === 7) {
      node.uncertain = !node.uncertain;
      if (!node.uncertain) await node.commit();
    } else if (action === 8 && random.integer(4) === 0) {
      await node.loseLeadership();
      node.isPrimary = true;
    } else {
      await node.execute();
    }
  }
  node.uncertain = false;
  node.busy = false;
  for (let i = 0; i < 10; i++) await node.execute();
  await node.loseLeadership();
  await settleDown();
  assert.deepEqual(await counts(node), [0, 0], `seed ${seed}`);
  for (const sent of all) {
    assert.ok(isAnswered(sent), `seed ${seed}`);
    const hash = sent.answer?.result;
    if (hash === undefined) continue;
    assert.notEqual(await node.call('eth_getTransactionReceipt', hash), null, `seed ${seed}`);
  }
}
