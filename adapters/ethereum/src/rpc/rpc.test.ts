/**
 * The door as a whole: batches, notifications, roles, HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from '@coco/kv';
import { parseGenesis } from '../genesis/parse.js';
import { TestNode, testGenesis } from './testing/testNode.js';
import { testWallet } from './testing/wallet.js';

function body(id: number | undefined, method: string, ...params: readonly unknown[]) {
  return { jsonrpc: '2.0', ...(id === undefined ? {} : { id }), method, params };
}

test('JSON-RPC 2.0, 6: a batch is answered in order, errors included, notifications not', async () => {
  const node = new TestNode();
  const { status, text, headers } = await node.post(
    JSON.stringify([
      body(3, 'eth_chainId'),
      body(undefined, 'eth_chainId'),
      7,
      body(3, 'no_such_method'),
      body(1, 'eth_getBalance'),
      body(2, 'net_version'),
    ]),
  );
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/json');
  const answers = JSON.parse(text) as { id: unknown; result?: unknown; error?: { code: number } }[];
  assert.deepEqual(
    answers.map(({ id, result, error }) => [id, result ?? error?.code]),
    [
      [3, '0x1092'],
      [null, -32600],
      [3, -32601],
      [1, -32602],
      [2, '4242'],
    ],
  );
});

test('JSON-RPC 2.0, 4.1: nothing but notifications is answered with nothing', async () => {
  const node = new TestNode();
  const { status, text } = await node.post(JSON.stringify([body(undefined, 'eth_chainId')]));
  assert.deepEqual([status, text], [204, '']);
});

test('JSON-RPC 2.0, 5.1: a method that is not there, and one with too many arguments', async () => {
  const node = new TestNode();
  assert.deepEqual(await node.error('eth_nothing'), {
    code: -32601,
    message: 'the method eth_nothing does not exist/is not available',
  });
  assert.equal((await node.error('toString')).code, -32601);
  assert.equal((await node.error('eth_chainId', 1)).message, 'too many arguments, want at most 0');
});

test('HTTP: only POST is a request; a body beyond the limit is 413', async () => {
  const node = new TestNode({ limits: { bodyBytesMax: 100 } });
  const caller = { kind: 'anonymous' } as const;
  const request = { method: 'GET', path: '/', query: '', headers: {}, body: new Uint8Array(0), caller };
  const handled = await node.rpc.handle(request);
  assert.equal(handled.kind === 'response' && handled.response.status, 405);
  assert.equal((await node.post(' '.repeat(101))).status, 413);
});

test('TX-3: a backup forwards the whole batch if one call of it needs the primary, and answers the rest itself', async () => {
  const node = new TestNode();
  node.isPrimary = false;
  const raw = testWallet(1).sign({ nonce: 0 });
  const mixed = [body(1, 'eth_chainId'), body(2, 'eth_sendRawTransaction', raw)];
  assert.equal((await node.post(JSON.stringify(mixed))).text, 'forward');
  assert.equal((await node.post(JSON.stringify(body(1, 'eth_sendRawTransaction', raw)))).text, 'forward');
  const pending = body(1, 'eth_getTransactionCount', testWallet(1).addressHex, 'pending');
  assert.equal((await node.post(JSON.stringify(pending))).text, 'forward', 'only the primary has the pool');
  assert.equal(await node.call('eth_getTransactionCount', testWallet(1).addressHex, 'latest'), '0x0');
});

test('before the genesis there is nothing to ask about', async () => {
  const empty = { store: createStore(), genesis: parseGenesis(testGenesis()) };
  const node = new TestNode({ chain: empty });
  const { status, text } = await node.post(JSON.stringify(body(1, 'eth_sendRawTransaction', '0x')));
  assert.deepEqual([status, (JSON.parse(text) as { error: { code: number } }).error.code], [503, -32002]);
});

test('reads in a batch see the sends before them, and sends in a row share a block', async () => {
  const node = new TestNode();
  const wallet = testWallet(1);
  const { text, txId } = await node.post(
    JSON.stringify([
      body(1, 'eth_getTransactionCount', wallet.addressHex, 'latest'),
      body(2, 'eth_sendRawTransaction', wallet.sign({ nonce: 0 })),
      body(3, 'eth_sendRawTransaction', wallet.sign({ nonce: 1 })),
      body(4, 'eth_sendRawTransaction', wallet.sign({ nonce: 2 })),
      body(5, 'eth_getTransactionCount', wallet.addressHex, 'latest'),
      body(6, 'eth_blockNumber'),
      body(7, 'eth_sendRawTransaction', wallet.sign({ nonce: 3 })),
      body(8, 'eth_blockNumber'),
    ]),
  );
  const results = (JSON.parse(text) as { result: string }[]).map(({ result }) => result);
  assert.deepEqual([results[0], results[4], results[5], results[7]], ['0x0', '0x3', '0x1', '0x2']);
  assert.deepEqual(txId, { view: 2, seqno: 3 }, 'a backup that forwarded waits for the newest of them');
  const block = await node.call('eth_getBlockByNumber', '0x1', false);
  assert.deepEqual(block.transactions, results.slice(1, 4));
});

test('sends of a batch keep the order of their nonces though their senders are recovered in any order', async () => {
  const node = new TestNode({
    recover: async (transaction) => {
      for (let i = 0; i < 10 - 3 * Number(transaction.nonce); i++) await Promise.resolve();
      return testWallet(1).address;
    },
  });
  const sends = [0, 1, 2].map((nonce) =>
    body(nonce, 'eth_sendRawTransaction', testWallet(1).sign({ nonce })),
  );
  const { text } = await node.post(JSON.stringify(sends));
  assert.ok(!text.includes('error'), text);
  assert.equal(await node.call('eth_blockNumber'), '0x1');
});

test('limits: the answers of one request together (geth: response too large)', async () => {
  const node = new TestNode({ limits: { responseCharsMax: 1_000 } });
  const { text } = await node.post(
    JSON.stringify([1, 2, 3].map((id) => body(id, 'eth_getBlockByNumber', '0x0', true))),
  );
  const codes = (JSON.parse(text) as { error?: { code: number } }[]).map(({ error }) => error?.code);
  assert.deepEqual(codes, [-32003, -32003, -32003]);
});
