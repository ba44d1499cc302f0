/**
 * Bad transactions (issue: "standard JSON-RPC error codes and messages that the popular clients understand, and no
 * state change"; reliability: raw transactions).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@coco/primitives';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { encodeTransaction } from '../codec/encodeTransaction.js';
import { CURVE_ORDER } from '../codec/signature.js';
import { formatData } from './format.js';
import { TestNode, testGenesis } from './testing/testNode.js';
import { testWallet } from './testing/wallet.js';

const wallet = testWallet(1);
const valid = wallet.sign({ nonce: 0, value: 1n });

async function refusal(node: TestNode, raw: unknown): Promise<readonly [number, string]> {
  const { code, message } = await node.error('eth_sendRawTransaction', raw);
  assert.equal(await node.call('eth_blockNumber'), '0x0', 'no state change');
  assert.deepEqual(await node.call('txpool_status'), { pending: '0x0', queued: '0x0' });
  return [code, message];
}

test('what is not hexadecimal is -32602', async () => {
  const node = new TestNode();
  for (const raw of [undefined, null, 7, '', 'xyz', '0xabc', '0xzz', '0x', {}, [valid]]) {
    assert.equal((await refusal(node, raw))[0], -32602, JSON.stringify(raw));
  }
  assert.equal((await node.error('eth_sendRawTransaction', valid, valid)).code, -32602);
});

test('malformed RLP, unknown types and oversized bytes are -32000', async () => {
  const node = new TestNode({ settings: { transactionBytesMax: 1_000 } });
  const cases: readonly (readonly [string, RegExp])[] = [
    [`${valid}00`, /rlp|trailing/i],
    [valid.slice(0, -2), /rlp|transaction/i],
    ['0x02c0', /rlp|transaction/i],
    ['0x02ffffffffffffffffff', /rlp/i],
    ['0xc0', /rlp|transaction/i],
    ['0x05c0', /^transaction type not supported$/],
    ['0x7fc0', /^transaction type not supported$/],
    ['0x00c0', /^transaction type not supported$/],
    [
      wallet.sign({ nonce: 0, data: new Uint8Array(1_000) }),
      /^oversized data: transaction size 11\d\d, limit 1000$/,
    ],
  ];
  for (const [raw, expected] of cases) {
    const [code, message] = await refusal(node, raw);
    assert.equal(code, -32000, raw);
    assert.match(message, expected);
  }
});

test('wrong chain id, high s, and a signature of nobody', async () => {
  const node = new TestNode();
  const wrong = await refusal(node, wallet.sign({ nonce: 0, chainId: 1n }));
  assert.deepEqual(wrong, [-32000, 'invalid sender: invalid chain id for signer: have 1 want 4242']);
  const transaction = decodeTransaction(fromHex(valid.slice(2)) as Uint8Array);
  const changed = (change: object): string =>
    formatData(encodeTransaction({ ...transaction, ...change } as typeof transaction));
  const high = { s: CURVE_ORDER - transaction.s, yParity: 1 - transaction.yParity };
  assert.match(
    (await refusal(node, changed(high)))[1],
    /^invalid sender: invalid transaction v, r, s values/,
  );
  assert.match((await refusal(node, changed({ r: 0n })))[1], /invalid transaction v, r, s values/);
  assert.match((await refusal(node, changed({ r: 5n, s: 1n })))[1], /^invalid sender|^nonce|^insufficient/);
});

test('gas: too little for what it is, more than a transaction or a block may have', async () => {
  const genesis = { ...testGenesis(), gasLimit: '0x989680' };
  const node = new TestNode({ genesis, settings: { transactionGasMax: 20_000_000n } });
  const sent = (gasLimit: bigint): Promise<readonly [number, string]> =>
    refusal(node, wallet.sign({ nonce: 0, gasLimit }));
  assert.deepEqual(await sent(20_999n), [-32000, 'intrinsic gas too low: have 20999, want 21000']);
  assert.deepEqual(await sent(10_000_001n), [-32000, 'exceeds block gas limit: have 10000001, max 10000000']);
  assert.deepEqual(await sent(20_000_001n), [
    -32000,
    'transaction gas limit too high (cap: 20000000, tx: 20000001)',
  ]);
});

test('fees: a tip above the cap, a cap below the base fee', async () => {
  const genesis = { ...testGenesis(), baseFeePerGas: '0x7' };
  const node = new TestNode({ genesis });
  const sent = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Promise<readonly [number, string]> =>
    refusal(node, wallet.sign({ nonce: 0, maxFeePerGas, maxPriorityFeePerGas }));
  assert.match((await sent(8n, 9n))[1], /^max priority fee per gas higher than max fee per gas/);
  assert.match((await sent(6n, 0n))[1], /^max fee per gas less than block base fee/);
});

test("too little balance is refused at execution, in geth's words", async () => {
  const node = new TestNode();
  const [code, message] = await refusal(node, testWallet(77).sign({ nonce: 0, value: 1n }));
  assert.equal(code, -32000);
  assert.match(message, /^insufficient funds for gas \* price \+ value: address 0x\w{40} have 0 want 1$/);
});

test('geth: transactions without a chain id are accepted unless a setting refuses them', async () => {
  const raw = wallet.sign({ nonce: 0, legacy: true });
  const strict = new TestNode({ settings: { replayProtectedOnly: true } });
  const expected = 'only replay-protected (EIP-155) transactions allowed over RPC';
  assert.deepEqual(await refusal(strict, raw), [-32000, expected]);
  assert.match(await new TestNode().call('eth_sendRawTransaction', raw), /^0x/);
});

test('init code beyond EIP-3860', async () => {
  const node = new TestNode();
  const raw = wallet.sign({ nonce: 0, to: null, data: new Uint8Array(49_153), gasLimit: 10_000_000n });
  assert.match((await refusal(node, raw))[1], /^max initcode size exceeded: code size 49153, limit 49152$/);
});
