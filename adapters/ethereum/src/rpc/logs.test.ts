/**
 * Logs and filters: what matches, what is told when, and what is too much.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatData } from './format.js';
import { NOTE, wordOf } from './testing/contracts.js';
import { TestNode, testGenesis } from './testing/testNode.js';
import { testWallet } from './testing/wallet.js';

const note = formatData(NOTE);
const word = (value: number): string => formatData(wordOf(value));
const topicOf = (wallet: ReturnType<typeof testWallet>): string =>
  `0x${wallet.addressHex.slice(2).padStart(64, '0')}`;
const [alice, bob] = [testWallet(1), testWallet(2)] as const;

interface ShownLog {
  readonly topics: readonly string[];
  readonly blockNumber: string;
  readonly logIndex: string;
}

/** Blocks: 1 alice notes 7; 2 a transfer; 3 bob notes 7 and alice 8; 4 alice notes 9. */
async function nodeWithNotes(options: ConstructorParameters<typeof TestNode>[0] = {}): Promise<TestNode> {
  const node = new TestNode(options);
  const noting = (value: number) => ({ to: NOTE, data: wordOf(value) });
  const send = (raw: string): Promise<unknown> => node.call('eth_sendRawTransaction', raw);
  await send(alice.sign({ nonce: 0, ...noting(7) }));
  await send(alice.sign({ nonce: 1 }));
  await Promise.all([
    send(bob.sign({ nonce: 0, ...noting(7) })),
    send(alice.sign({ nonce: 2, ...noting(8) })),
  ]);
  await send(alice.sign({ nonce: 3, ...noting(9) }));
  return node;
}

const all = { fromBlock: '0x0', toBlock: 'latest' };

async function found(node: TestNode, filter: object): Promise<readonly string[]> {
  const logs: readonly ShownLog[] = await node.call('eth_getLogs', filter);
  return logs.map(({ blockNumber, logIndex, topics }) => {
    return `${Number(blockNumber)}/${Number(logIndex)}:${Number(topics[0])}`;
  });
}

test('eth_getLogs by address and by topics, ordered', async () => {
  const node = await nodeWithNotes();
  const everything = ['1/0:7', '3/0:7', '3/1:8', '4/0:9'];
  assert.deepEqual(await found(node, all), everything);
  assert.deepEqual(await found(node, { ...all, address: note }), everything);
  assert.deepEqual(await found(node, { ...all, address: [alice.addressHex, note] }), everything);
  assert.deepEqual(await found(node, { ...all, address: alice.addressHex }), []);
  assert.deepEqual(await found(node, { ...all, topics: [word(7)] }), ['1/0:7', '3/0:7']);
  assert.deepEqual(await found(node, { ...all, topics: [[word(7), word(9)]] }), ['1/0:7', '3/0:7', '4/0:9']);
  assert.deepEqual(await found(node, { ...all, topics: [null, topicOf(bob)] }), ['3/0:7']);
  assert.deepEqual(await found(node, { ...all, topics: [[], topicOf(bob)] }), ['3/0:7']);
  assert.deepEqual(await found(node, { ...all, topics: [word(8), topicOf(bob)] }), []);
  assert.deepEqual(
    await found(node, { ...all, topics: [null, null, null] }),
    [],
    'more positions than topics',
  );
  assert.deepEqual(await found(node, { ...all, address: note, topics: [word(8)] }), ['3/1:8']);
});

test('eth_getLogs by range and by block', async () => {
  const node = await nodeWithNotes();
  assert.deepEqual(await found(node, {}), ['4/0:9'], 'latest to latest');
  assert.deepEqual(await found(node, { fromBlock: '0x2', toBlock: '0x3' }), ['3/0:7', '3/1:8']);
  assert.deepEqual(await found(node, { fromBlock: 'earliest', toBlock: '0x1' }), ['1/0:7']);
  assert.deepEqual(await found(node, { fromBlock: '0x3', toBlock: '0xffff', address: note }), [
    '3/0:7',
    '3/1:8',
    '4/0:9',
  ]);
  assert.deepEqual(await found(node, { fromBlock: '0x9', toBlock: '0xa' }), []);
  const { hash } = await node.call('eth_getBlockByNumber', '0x3', false);
  assert.deepEqual(await found(node, { blockHash: hash }), ['3/0:7', '3/1:8']);
  const unknown = { blockHash: `0x${'00'.repeat(32)}` };
  assert.deepEqual(await node.error('eth_getLogs', unknown), { code: -32000, message: 'unknown block' });
  assert.equal((await node.error('eth_getLogs', { fromBlock: '0x3', toBlock: '0x2' })).code, -32602);
});

test('limits: blocks, results, addresses and topics of one query (reliability: 10^6 blocks, 10^4 topics)', async () => {
  const node = await nodeWithNotes({
    limits: { logsBlocksMax: 3, logsResultsMax: 2, logsAddressesMax: 2, logsTopicsMax: 2 },
  });
  const code = async (filter: object): Promise<number | undefined> =>
    (await node.answer('eth_getLogs', filter)).error?.code;
  assert.equal(await code(all), -32005, 'five blocks');
  assert.equal(await code({ ...all, fromBlock: '0x3' }), -32005, 'three logs in two blocks');
  assert.equal(await code({ ...all, address: note }), -32005, 'four logs');
  assert.equal(await code({ ...all, toBlock: '0x2' }), undefined);
  assert.equal(
    await code({ ...all, address: note, topics: [word(7)] }),
    undefined,
    'three blocks by the index',
  );
  const narrow = await nodeWithNotes({ limits: { logsBlocksMax: 2 } });
  const error = await narrow.error('eth_getLogs', { ...all, address: note });
  assert.equal(error.code, -32005);
  assert.match(error.message, /ask for those before 4 first/);
  assert.equal(await code({ address: Array(3).fill(note) }), -32602);
  assert.equal(await code({ topics: [Array(10_000).fill(word(1))] }), -32602);
  assert.equal(await code({ topics: [null, null, null, null, null] }), -32602);
});

test('filters tell what is new since they were asked last', async () => {
  const node = await nodeWithNotes();
  const notes = await node.call('eth_newFilter', { address: note });
  const blocks = await node.call('eth_newBlockFilter');
  const pending = await node.call('eth_newPendingTransactionFilter');
  assert.equal(new Set([notes, blocks, pending]).size, 3);
  const changes = (id: string): Promise<readonly unknown[]> => node.call('eth_getFilterChanges', id);
  assert.deepEqual([await changes(notes), await changes(blocks), await changes(pending)], [[], [], []]);
  const hash = await node.call('eth_sendRawTransaction', bob.sign({ nonce: 1, to: NOTE, data: wordOf(5) }));
  const block = await node.call('eth_getBlockByNumber', 'latest', false);
  assert.deepEqual(
    (await changes(notes)).map((log) => (log as { transactionHash: string }).transactionHash),
    [hash],
  );
  assert.deepEqual(await changes(blocks), [block.hash]);
  assert.deepEqual(await changes(pending), [hash]);
  assert.deepEqual([await changes(notes), await changes(blocks), await changes(pending)], [[], [], []]);
  const old = await node.call('eth_newFilter', { ...all, address: note });
  assert.equal((await node.call('eth_getFilterLogs', old)).length, 5);
  assert.deepEqual(await changes(old), []);
  assert.equal(await node.call('eth_uninstallFilter', notes), true);
  assert.equal(await node.call('eth_uninstallFilter', notes), false);
  assert.deepEqual(await node.error('eth_getFilterChanges', notes), {
    code: -32000,
    message: 'filter not found',
  });
  assert.equal((await node.error('eth_getFilterLogs', blocks)).message, 'filter not found');
});

test('a filter that has fallen behind catches up in parts and misses nothing', async () => {
  const node = new TestNode({ limits: { logsBlocksMax: 2 } });
  const [notes, blocks] = [await node.call('eth_newFilter', {}), await node.call('eth_newBlockFilter')];
  for (let nonce = 0; nonce < 5; nonce++) {
    await node.call('eth_sendRawTransaction', alice.sign({ nonce, to: NOTE, data: wordOf(nonce) }));
  }
  for (const expected of [2, 2, 1, 0]) {
    assert.equal((await node.call('eth_getFilterChanges', notes)).length, expected);
    assert.equal((await node.call('eth_getFilterChanges', blocks)).length, expected);
  }
});

test('limits: filters, and those that nobody asks for (reliability: 10^5 open filters)', async () => {
  const node = new TestNode({ limits: { filtersMax: 2, filterIdleBlocksMax: 2 } });
  const used = await node.call('eth_newBlockFilter');
  const idle = await node.call('eth_newBlockFilter');
  assert.equal((await node.error('eth_newBlockFilter')).code, -32005);
  for (let nonce = 0; nonce < 3; nonce++) {
    await node.call('eth_sendRawTransaction', alice.sign({ nonce }));
    await node.call('eth_getFilterChanges', used);
  }
  await node.call('eth_newBlockFilter');
  await node.call('eth_getFilterChanges', used);
  assert.equal((await node.error('eth_getFilterChanges', idle)).message, 'filter not found');
});

test('limits: hashes for pending-transaction filters', async () => {
  const node = new TestNode({ limits: { pendingHashesMax: 2 }, genesis: testGenesis() });
  const filter = await node.call('eth_newPendingTransactionFilter');
  const hashes: unknown[] = [];
  for (let nonce = 0; nonce < 3; nonce++) {
    hashes.push(await node.call('eth_sendRawTransaction', alice.sign({ nonce })));
  }
  assert.deepEqual(await node.call('eth_getFilterChanges', filter), hashes.slice(1));
});
