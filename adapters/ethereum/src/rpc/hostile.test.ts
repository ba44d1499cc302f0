/**
 * Hostile input: whatever the params are, a method answers with a result or with an error that is the client's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { formatData } from './format.js';
import { rpcMethods, SEND_METHOD } from './methods.js';
import { NOTE, REVERT, wordOf } from './testing/contracts.js';
import { TestNode } from './testing/testNode.js';
import { testWallet } from './testing/wallet.js';

const hash = `0x${'ab'.repeat(32)}`;
const address = formatData(NOTE);

const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  '',
  'latest',
  'pending',
  'earliest',
  'constructor',
  '0x',
  '0x0',
  '0x1',
  '0x00',
  '0xffffffffffffffff',
  `0x${'f'.repeat(64)}`,
  `0x${'f'.repeat(65)}`,
  '0x7fffffffffffffff',
  '0x1fffffffffffff',
  hash,
  address,
  formatData(REVERT),
  testWallet(1).sign({ nonce: 3 }),
  [],
  [[]],
  [null],
  [1, 2],
  [50, 1],
  [hash, [hash, null]],
  {},
  { __proto__: null, toString: 1 },
  { to: address },
  { to: address, data: '0x', input: '0x' },
  { to: address, gas: '0x0' },
  { to: address, gas: '0xffffffffffffffff', gasPrice: `0x${'f'.repeat(64)}`, value: `0x${'f'.repeat(64)}` },
  { to: address, maxFeePerGas: `0x${'f'.repeat(64)}`, maxPriorityFeePerGas: `0x${'f'.repeat(64)}` },
  { data: '0xfe' },
  { from: address, to: address, accessList: [{ address, storageKeys: [hash] }] },
  {
    to: address,
    authorizationList: [{ chainId: '0x0', address, nonce: '0x0', yParity: '0xff', r: '0x1', s: '0x1' }],
  },
  { fromBlock: 'earliest', toBlock: '0x1fffffffffffff' },
  { fromBlock: '0x1fffffffffffff' },
  { address: [address, address], topics: [null, [hash], [], [null], hash] },
  { blockHash: hash },
  { blockHash: hash, requireCanonical: true },
  { blockNumber: '0x1fffffffffffff' },
  { [address]: ['0x0'] },
  { __proto__x: [] },
];

test('no params of any method cause an internal error', async (context) => {
  const node = new TestNode({ limits: { callMsMax: 50, commitWaitMs: 1, gapWaitMs: 1 } });
  const noting = testWallet(2).sign({ nonce: 0, to: NOTE, data: wordOf(1) });
  // Its answer may come before its commit, for which it waits a millisecond only.
  await node.answer('eth_sendRawTransaction', noting);
  // A send may wait for nothing but its own timer, which keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  context.after(() => clearInterval(alive));
  const random = seededRandom(1);
  const pick = (): unknown => VALUES[random.integer(VALUES.length)];
  for (const method of [...rpcMethods.keys(), SEND_METHOD]) {
    for (let i = 0; i < 60; i++) {
      const params = Array.from({ length: random.integer(4) }, pick);
      const { error } = await node.answer(method, ...params);
      const what = `${method} ${JSON.stringify(params)}: ${error?.message}`;
      assert.ok(
        error?.code !== -32603 && !/engine|undefined|internal|assert/i.test(error?.message ?? ''),
        what,
      );
    }
  }
});

test('no body of any bytes is thrown at', async () => {
  const node = new TestNode();
  const random = seededRandom(2);
  const valid =
    '[{"jsonrpc":"2.0","id":"x","method":"eth_getBalance","params":["0x00",{"blockNumber":"0x1"}]}]';
  for (let i = 0; i < 2_000; i++) {
    const bytes = [...valid];
    for (let change = random.integer(6); change >= 0; change--) {
      bytes[random.integer(bytes.length)] = String.fromCharCode(random.integer(128));
    }
    const { status, text } = await node.post(bytes.join(''));
    assert.ok(status === 200 || status === 204, text);
    if (status === 200) JSON.parse(text);
  }
});
