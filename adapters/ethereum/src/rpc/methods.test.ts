/**
 * Methods that read: node, accounts, blocks, transactions, fees.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatData } from './format.js';
import { deploying, NOTE, NOTE_CODE, wordOf } from './testing/contracts.js';
import { settleDown, TestNode } from './testing/testNode.js';
import { SOMEBODY, testWallet } from './testing/wallet.js';

const wallet = testWallet(1);
const somebody = formatData(SOMEBODY);

/** A node with `count` blocks of one transfer of 1 wei each. */
async function nodeWithBlocks(count: number): Promise<TestNode> {
  const node = new TestNode();
  for (let nonce = 0; nonce < count; nonce++) {
    await node.call('eth_sendRawTransaction', wallet.sign({ nonce, value: 1n }));
  }
  return node;
}

test('the node tells which chain it serves', async () => {
  const node = new TestNode();
  assert.equal(await node.call('eth_chainId'), '0x1092');
  assert.equal(await node.call('net_version'), '4242');
  assert.equal(await node.call('net_listening'), true);
  assert.equal(await node.call('net_peerCount'), '0x0');
  assert.match(await node.call('web3_clientVersion'), /^Coco/);
  assert.equal(await node.call('eth_syncing'), false);
  assert.equal(await node.call('eth_mining'), false);
  assert.deepEqual(await node.call('eth_accounts'), []);
  assert.equal(await node.call('eth_blockNumber'), '0x0');
  const hello = '0x68656c6c6f20776f726c64';
  const keccak = '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad';
  assert.equal(await node.call('web3_sha3', hello), keccak);
});

test('accounts are read at any block whose state is kept', async () => {
  const node = await nodeWithBlocks(3);
  const balances = await Promise.all(
    ['earliest', '0x1', '0x2', '0x3', 'latest', 'safe', 'finalized', 'pending'].map((block) =>
      node.call('eth_getBalance', somebody, block),
    ),
  );
  assert.deepEqual(balances, ['0x0', '0x1', '0x2', '0x3', '0x3', '0x3', '0x3', '0x3']);
  const { hash } = await node.call('eth_getBlockByNumber', '0x2', false);
  assert.equal(await node.call('eth_getBalance', somebody, { blockHash: hash }), '0x2');
  assert.equal(await node.call('eth_getBalance', somebody, hash), '0x2');
  assert.equal(await node.call('eth_getTransactionCount', wallet.addressHex, '0x1'), '0x1');
  const none = `0x${'de'.repeat(32)}`;
  assert.equal((await node.error('eth_getBalance', somebody, none)).message, 'header for hash not found');
  assert.deepEqual(await node.error('eth_getBalance', somebody, '0x4'), {
    code: -32000,
    message: 'header not found',
  });
});

test('versions between blocks belong to the block before them', async () => {
  const node = await nodeWithBlocks(1);
  node.store.advance(node.store.head + 5);
  await node.commit();
  await node.call('eth_sendRawTransaction', wallet.sign({ nonce: 1, value: 1n }));
  assert.equal(await node.call('eth_getBalance', somebody, '0x1'), '0x1');
  assert.equal(await node.call('eth_getBalance', somebody, '0x2'), '0x2');
});

test('geth: a state that is no longer kept is a missing trie node, its block is not missing', async () => {
  const node = await nodeWithBlocks(4);
  node.store.compact(4);
  assert.equal(await node.call('eth_getBalance', somebody, '0x3'), '0x3');
  const error = await node.error('eth_getBalance', somebody, '0x1');
  assert.equal(error.code, -32000);
  assert.match(error.message, /^missing trie node: the state of block 1 is no longer kept/);
  assert.equal((await node.call('eth_getBlockByNumber', '0x1', true)).transactions.length, 1);
});

test('"latest" is committed, "pending" is not', async () => {
  const node = new TestNode();
  node.uncertain = true;
  const sent = node.call('eth_sendRawTransaction', wallet.sign({ nonce: 0, value: 1n }));
  while (node.uncommitted.length === 0) await new Promise(setImmediate);
  await settleDown();
  assert.equal(await node.call('eth_blockNumber'), '0x0');
  assert.equal(await node.call('eth_getBalance', somebody, 'latest'), '0x0');
  assert.equal(await node.call('eth_getBalance', somebody, 'pending'), '0x1');
  assert.equal((await node.call('eth_getBlockByNumber', 'pending', false)).number, '0x1');
  assert.equal(await node.call('eth_getBlockByNumber', '0x1', false), null);
  assert.equal(await node.call('eth_getTransactionCount', wallet.addressHex, 'latest'), '0x0');
  assert.equal(await node.call('eth_getTransactionCount', wallet.addressHex, 'pending'), '0x1');
  await node.commit();
  await sent;
  assert.equal(await node.call('eth_blockNumber'), '0x1');
});

test('code and storage', async () => {
  const node = new TestNode();
  const note = formatData(NOTE);
  assert.equal(await node.call('eth_getCode', note), formatData(NOTE_CODE));
  assert.equal(await node.call('eth_getCode', somebody, 'latest'), '0x');
  await node.call('eth_sendRawTransaction', wallet.sign({ nonce: 0, to: NOTE, data: wordOf(0x1234) }));
  const value = `0x${'1234'.padStart(64, '0')}`;
  assert.equal(await node.call('eth_getStorageAt', note, '0x0', 'latest'), value);
  assert.equal(await node.call('eth_getStorageAt', note, '0x0', '0x0'), `0x${'0'.repeat(64)}`);
  const slots = [`0x${'00'.repeat(32)}`, '0x1'];
  assert.deepEqual(await node.call('eth_getStorageValues', { [note]: slots }), {
    [note]: [value, `0x${'0'.repeat(64)}`],
  });
});

test('blocks by number and hash, with hashes or whole transactions; null where there is none', async () => {
  const node = await nodeWithBlocks(2);
  const block = await node.call('eth_getBlockByNumber', '0x2', false);
  const [hash] = block.transactions;
  assert.deepEqual(await node.call('eth_getBlockByHash', block.hash, false), block);
  const full = await node.call('eth_getBlockByHash', block.hash, true);
  assert.deepEqual(full.transactions, [await node.call('eth_getTransactionByHash', hash)]);
  assert.equal(block.parentHash, (await node.call('eth_getBlockByNumber', '0x1', false)).hash);
  assert.equal((await node.call('eth_getBlockByNumber', 'earliest', false)).number, '0x0');
  assert.equal(await node.call('eth_getBlockByNumber', '0x3', false), null);
  assert.equal(await node.call('eth_getBlockByHash', `0x${'00'.repeat(32)}`, false), null);
  assert.equal(await node.call('eth_getBlockTransactionCountByNumber', 'latest'), '0x1');
  assert.equal(await node.call('eth_getBlockTransactionCountByHash', block.hash), '0x1');
  assert.equal(await node.call('eth_getBlockTransactionCountByNumber', '0x3'), null);
  assert.equal(await node.call('eth_getUncleCountByBlockNumber', 'latest'), '0x0');
  assert.equal(await node.call('eth_getUncleCountByBlockHash', block.hash), '0x0');
  assert.equal(await node.call('eth_getUncleByBlockNumberAndIndex', 'latest', '0x0'), null);
  assert.match((await node.error('eth_getBlockByNumber', '0x1', 'yes')).message, /not a boolean/);
});

test('transactions by hash and by place, and their receipts', async () => {
  const node = await nodeWithBlocks(1);
  const block = await node.call('eth_getBlockByNumber', '0x1', true);
  const [transaction] = block.transactions;
  const { hash } = transaction;
  assert.equal(transaction.from, wallet.addressHex);
  assert.deepEqual(await node.call('eth_getTransactionByBlockNumberAndIndex', '0x1', '0x0'), transaction);
  assert.deepEqual(await node.call('eth_getTransactionByBlockHashAndIndex', block.hash, '0x0'), transaction);
  assert.equal(await node.call('eth_getTransactionByBlockNumberAndIndex', '0x1', '0x1'), null);
  assert.equal(await node.call('eth_getTransactionByBlockNumberAndIndex', '0x9', '0x0'), null);
  assert.equal(await node.call('eth_getRawTransactionByHash', hash), wallet.sign({ nonce: 0, value: 1n }));
  const receipt = await node.call('eth_getTransactionReceipt', hash);
  assert.equal(receipt.status, '0x1');
  assert.deepEqual(await node.call('eth_getBlockReceipts', '0x1'), [receipt]);
  assert.deepEqual(await node.call('eth_getBlockReceipts', { blockHash: block.hash }), [receipt]);
  assert.deepEqual(await node.call('eth_getBlockReceipts', 'earliest'), []);
  assert.equal(await node.call('eth_getBlockReceipts', '0x2'), null);
  const none = `0x${'00'.repeat(32)}`;
  for (const method of [
    'eth_getTransactionByHash',
    'eth_getTransactionReceipt',
    'eth_getRawTransactionByHash',
  ]) {
    assert.equal(await node.call(method, none), null);
  }
});

test('a contract that is created is named by its receipt', async () => {
  const node = new TestNode();
  const sending = { nonce: 0, to: null, data: deploying(NOTE_CODE) } as const;
  const hash = await node.call('eth_sendRawTransaction', wallet.sign(sending));
  const { contractAddress, to } = await node.call('eth_getTransactionReceipt', hash);
  assert.equal(to, null);
  assert.equal(await node.call('eth_getCode', contractAddress), formatData(NOTE_CODE));
});

test('coco_getTransactionId leads from a hash to the ledger', async () => {
  const node = await nodeWithBlocks(1);
  const { transactions } = await node.call('eth_getBlockByNumber', '0x1', false);
  assert.deepEqual(await node.call('coco_getTransactionId', transactions[0]), {
    transactionId: '2.2',
    status: 'Committed',
  });
  assert.equal(await node.call('coco_getTransactionId', `0x${'00'.repeat(32)}`), null);
});

test('fees are the base fee, which the genesis decides', async () => {
  const node = await nodeWithBlocks(2);
  assert.equal(await node.call('eth_gasPrice'), '0x0');
  assert.equal(await node.call('eth_maxPriorityFeePerGas'), '0x0');
  assert.equal(await node.call('eth_blobBaseFee'), '0x1');
  const history = await node.call('eth_feeHistory', '0x2', 'latest', [0, 50, 100]);
  assert.equal(history.oldestBlock, '0x1');
  assert.deepEqual(history.baseFeePerGas, ['0x0', '0x0', '0x0']);
  assert.deepEqual(history.gasUsedRatio, [21_000 / 30_000_000, 21_000 / 30_000_000]);
  assert.deepEqual(history.reward, [
    ['0x0', '0x0', '0x0'],
    ['0x0', '0x0', '0x0'],
  ]);
  assert.equal((await node.call('eth_feeHistory', 100, 'latest')).oldestBlock, '0x0');
  assert.match((await node.error('eth_feeHistory', '0x1', '0x9')).message, /^request beyond head block/);
  assert.equal((await node.error('eth_feeHistory', '0x1', 'latest', [50, 10])).code, -32602);
});

test('eth_feeHistory: percentiles are of gas, ordered by tip', async () => {
  const node = new TestNode();
  node.held = true;
  const sends = [30n, 10n, 20n, 40n].map((tip, i) => {
    const sending = { nonce: 0, maxFeePerGas: 100n, maxPriorityFeePerGas: tip };
    return node.call('eth_sendRawTransaction', testWallet(i + 1).sign(sending));
  });
  await new Promise(setImmediate);
  await node.execute();
  await Promise.all(sends);
  const { reward } = await node.call('eth_feeHistory', '0x1', 'latest', [0, 25, 26, 50, 51, 100]);
  assert.deepEqual(reward, [['0xa', '0xa', '0x14', '0x14', '0x1e', '0x28']]);
});
