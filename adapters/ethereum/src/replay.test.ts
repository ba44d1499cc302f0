/**
 * The replay set executes to the status, gas and log bytes that the public network saw, however it is cut into
 * blocks (issue: "2,538/2,538 equal in status, gas and logs").
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore, type Store } from '@coco/kv';
import { equalBytes, toHex } from '@coco/primitives';
import { readHead, readPlace, readReceipt } from './chain.js';
import { CodeCache } from './codeCache.js';
import { createCocoEvmEngine } from './engine/coco.js';
import { createEthereumjsEngine } from './engine/ethereumjs.js';
import { executeBatch } from './execute.js';
import { parseGenesis } from './genesis/parse.js';
import { writeGenesis } from './genesis/write.js';
import { defaultSettings } from './settings.js';
import {
  type ReplayExpectation,
  type ReplayTransaction,
  replayGenesis,
  replayItem,
  replayTransactions,
} from './testing/replaySet.js';
import { sharedData } from './testing/sharedData.js';
import type { EthereumItem, EthereumResult, EthereumTransactionReceipt } from './types.js';

const skip = sharedData('replay') === undefined ? 'shared/data/ethereum/replay is not there' : false;
const settings = { ...defaultSettings, transactionGasMax: 2n ** 63n };

async function replay(size: number, count: number, engine = createCocoEvmEngine()): Promise<Store> {
  const genesis = parseGenesis(replayGenesis());
  const store = createStore();
  const first = store.begin();
  writeGenesis(first, genesis);
  store.commit(first, 1);
  const described = replayTransactions().slice(0, count);
  let queue: EthereumItem[] = described.map(replayItem);
  const results: EthereumResult[] = [];
  const executor = {
    engine,
    config: genesis.config,
    settings,
    codes: new CodeCache(),
    elapsedMs: () => 0,
  };
  for (let seqno = 2; queue.length > 0; seqno++) {
    const transaction = store.begin();
    const batch = { nowMs: 1_700_000_000_000 + seqno * 3_000, entropy: new Uint8Array(32).fill(seqno) };
    const done = await executeBatch(executor, transaction, queue, batch, { itemsMax: size, executeMs: 1e9 });
    assert.ok(done.results.length > 0);
    results.push(...done.results);
    queue = queue.slice(done.results.length);
    assert.equal(store.commit(transaction, seqno).outcome, 'committed');
  }
  for (const [index, transaction] of described.entries()) check(transaction, results[index], index);
  checkStored(store, described);
  return store;
}

function check({ expect }: ReplayTransaction, result: EthereumResult | undefined, index: number): void {
  assert.equal(result?.kind, 'executed', `transaction ${index}`);
  if (result?.kind === 'executed')
    assert.deepEqual(summary(result.receipt), expected(expect), `transaction ${index}`);
}

function summary(receipt: EthereumTransactionReceipt) {
  return {
    status: receipt.status,
    gasUsed: receipt.gasUsed,
    logs: receipt.logs.map(({ address, topics, data }) => [toHex(address), topics.map(toHex), toHex(data)]),
  };
}

function expected({ status, gasUsed, logs }: ReplayExpectation) {
  const bare = (text: string) => text.slice(2);
  return {
    status,
    gasUsed: BigInt(gasUsed),
    logs: logs.map(({ address, topics, data }) => [bare(address), topics.map(bare), bare(data)]),
  };
}

/** What was stored is what was returned, and is found by its hash. */
function checkStored(store: Store, described: readonly ReplayTransaction[]): void {
  const reader = store.read(store.head);
  for (const { expect } of described) {
    const place = readPlace(reader, Uint8Array.from(Buffer.from(expect.hash.slice(2), 'hex')));
    assert.ok(place !== undefined);
    const receipt = readReceipt(reader, place);
    assert.ok(receipt !== undefined);
    assert.deepEqual(summary(receipt), expected(expect));
  }
}

for (const size of [1, 100, 2_538]) {
  test(`2,538 public transactions, ${size} to a block, do what they did`, { skip }, async () => {
    await replay(size, 2_538);
  });
}

test('the reference engine makes the same state of them', { skip }, async () => {
  const ours = await replay(100, 500);
  const reference = await replay(100, 500, createEthereumjsEngine());
  const hash = (store: Store) => toHex(readHead(store.read(store.head)).hash);
  assert.equal(hash(ours), hash(reference));
});

test('the same transactions in the same blocks make the same hashes', { skip }, async () => {
  const [one, two] = [await replay(20, 60), await replay(20, 60)];
  const hash = (store: Store) => readHead(store.read(store.head)).hash;
  assert.ok(equalBytes(hash(one), hash(two)));
});
