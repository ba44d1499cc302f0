/**
 * Calls: what they return, how a revert is told (geth's code 3), and that neither gas nor time is without limit.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex } from '@coco/primitives';
import { revertReason } from './executionError.js';
import { formatData } from './format.js';
import { deploying, LOOP, NOTE, NOTE_CODE, REVERT, wordOf } from './testing/contracts.js';
import { TestNode, testGenesis } from './testing/testNode.js';
import { SOMEBODY, testWallet } from './testing/wallet.js';

const wallet = testWallet(1);
const note = formatData(NOTE);
const userError =
  formatData(concatBytes(fromHex('08c379a0') as Uint8Array, wordOf(32), wordOf(10))) +
  Buffer.from('user error').toString('hex').padEnd(64, '0');

test('eth_call returns what the code returned, and changes nothing', async () => {
  const node = new TestNode();
  const data = formatData(wordOf(7));
  assert.equal(await node.call('eth_call', { to: note, data }, 'latest'), data);
  assert.equal(await node.call('eth_call', { to: note, input: data }), data);
  assert.equal(await node.call('eth_call', { to: note, data }, 'pending'), data);
  assert.equal(await node.call('eth_getStorageAt', note, '0x0'), `0x${'0'.repeat(64)}`);
  assert.equal(await node.call('eth_call', { to: formatData(SOMEBODY), data }), '0x');
  assert.equal(
    await node.call('eth_call', { data: formatData(deploying(NOTE_CODE)) }),
    formatData(NOTE_CODE),
  );
});

test('geth: a revert has code 3, the reason in its message and the data', async () => {
  const node = new TestNode();
  const expected = { code: 3, message: 'execution reverted: user error', data: userError };
  assert.deepEqual(await node.error('eth_call', { to: formatData(REVERT) }), expected);
  assert.deepEqual(await node.error('eth_estimateGas', { to: formatData(REVERT) }), expected);
});

test('Solidity ABI: reasons of Error(string) and Panic(uint256), and nothing invented for others', () => {
  const panic = (code: number): Uint8Array => concatBytes(fromHex('4e487b71') as Uint8Array, wordOf(code));
  assert.equal(revertReason(panic(0x11)), 'arithmetic underflow or overflow');
  assert.equal(revertReason(panic(0x99)), 'unknown panic code: 0x99');
  const error = fromHex('08c379a0') as Uint8Array;
  assert.equal(revertReason(concatBytes(error, wordOf(32), wordOf(0))), '');
  assert.equal(revertReason(concatBytes(error, wordOf(32), wordOf(1))), undefined, 'truncated');
  assert.equal(revertReason(concatBytes(error, wordOf(64), wordOf(0))), undefined, 'another offset');
  assert.equal(revertReason(concatBytes(error, wordOf(32), new Uint8Array(32).fill(255))), undefined);
  assert.equal(revertReason(new Uint8Array(0)), undefined);
  assert.equal(revertReason(Uint8Array.of(1, 2, 3, 4)), undefined);
});

test('a call is limited in gas and in time', async () => {
  const node = new TestNode({ settings: { callGasMax: 100_000n } });
  assert.deepEqual(await node.error('eth_call', { to: formatData(LOOP), gas: '0xffffffffff' }), {
    code: -32000,
    message: 'out of gas',
  });
  const slow = new TestNode({ limits: { callMsMax: 10 } });
  const error = await slow.error('eth_call', { to: formatData(LOOP) });
  assert.deepEqual(error, { code: -32000, message: 'execution aborted (timeout)' });
});

test('a call cannot spend what its sender does not have', async () => {
  const node = new TestNode();
  const from = formatData(SOMEBODY);
  assert.match(
    (await node.error('eth_call', { from, to: note, value: '0x1' })).message,
    /^insufficient funds/,
  );
  assert.match(
    (await node.error('eth_call', { from, to: note, gasPrice: '0x1' })).message,
    /^insufficient funds/,
  );
  assert.match((await node.error('eth_call', { to: note, gas: '0x1' })).message, /^intrinsic gas too low/);
});

test('a call runs in the block that it names', async () => {
  const node = new TestNode();
  // NUMBER, and PUSH0 MSTORE, return 32 bytes
  const data = '0x435f5260205ff3';
  await node.call('eth_sendRawTransaction', wallet.sign({ nonce: 0 }));
  await node.call('eth_sendRawTransaction', wallet.sign({ nonce: 1 }));
  const at = async (block: string): Promise<number> => Number(await node.call('eth_call', { data }, block));
  assert.deepEqual([await at('0x0'), await at('0x1'), await at('latest'), await at('pending')], [0, 1, 2, 3]);
});

test('geth: a call that pays nothing sees no base fee', async () => {
  const node = new TestNode({ genesis: { ...testGenesis(), baseFeePerGas: '0x7' } });
  // BASEFEE, and PUSH0 MSTORE, return 32 bytes
  const data = '0x485f5260205ff3';
  const from = wallet.addressHex;
  const baseFee = async (fees: object): Promise<number> =>
    Number(await node.call('eth_call', { from, data, ...fees }));
  assert.equal(await baseFee({}), 0);
  assert.equal(await baseFee({ gasPrice: '0x7' }), 7);
  assert.equal(await baseFee({ maxFeePerGas: '0x9', maxPriorityFeePerGas: '0x1' }), 7);
  const low = await node.error('eth_call', { from, data, gasPrice: '0x6' });
  assert.match(low.message, /^max fee per gas less than block base fee/);
});

test('overrides are refused, not passed over', async () => {
  const node = new TestNode();
  assert.equal(await node.call('eth_call', { to: note }, 'latest', {}, null), `0x${'0'.repeat(64)}`);
  const error = await node.error('eth_call', { to: note }, 'latest', { [note]: { code: '0x' } });
  assert.deepEqual(error, {
    code: -32602,
    message: 'invalid argument 2: state and block overrides are not supported',
  });
});

test('eth_estimateGas: enough, and little more than enough', async () => {
  const node = new TestNode();
  const from = wallet.addressHex;
  assert.equal(
    await node.call('eth_estimateGas', { from, to: formatData(SOMEBODY), value: '0x1' }),
    '0x5208',
  );
  const calls = [
    { to: note, data: formatData(wordOf(7)) },
    { data: formatData(deploying(NOTE_CODE)) },
    { to: formatData(SOMEBODY), data: '0x1234' },
  ];
  for (const [nonce, call] of calls.entries()) {
    const estimate = BigInt(await node.call('eth_estimateGas', { from, ...call }));
    const data = fromHex(call.data.slice(2)) as Uint8Array;
    const to = call.to === undefined ? null : (fromHex(call.to.slice(2)) as Uint8Array);
    const hash = await node.call(
      'eth_sendRawTransaction',
      wallet.sign({ nonce, to, data, gasLimit: estimate }),
    );
    const receipt = await node.call('eth_getTransactionReceipt', hash);
    assert.equal(receipt.status, '0x1');
    assert.ok(estimate <= (BigInt(receipt.gasUsed) * 103n) / 100n, `${estimate} for ${receipt.gasUsed}`);
  }
});

test('geth: eth_estimateGas tells what cannot be done with the gas that is allowed', async () => {
  const node = new TestNode();
  const loop = await node.error('eth_estimateGas', { to: formatData(LOOP), gas: '0x186a0' });
  assert.deepEqual(loop, { code: -32000, message: 'gas required exceeds allowance (100000)' });
  const little = await node.error('eth_estimateGas', {
    to: note,
    gas: '0x5209',
    data: formatData(wordOf(7)),
  });
  assert.equal(little.message, 'gas required exceeds allowance (21001)');
  const poor = { from: formatData(SOMEBODY), to: note, gasPrice: '0x1' };
  assert.equal((await node.error('eth_estimateGas', poor)).message, 'gas required exceeds allowance (0)');
  const rich = { from: formatData(SOMEBODY), to: note, value: '0x1' };
  assert.match((await node.error('eth_estimateGas', rich)).message, /^insufficient funds/);
});

test('EIP-2930: eth_createAccessList lists what is read, except what every call reads', async () => {
  const node = new TestNode();
  const from = wallet.addressHex;
  const list = await node.call('eth_createAccessList', { from, to: note, data: formatData(wordOf(7)) });
  assert.deepEqual(list.accessList, [{ address: note, storageKeys: [`0x${'00'.repeat(32)}`] }]);
  assert.match(list.gasUsed, /^0x[1-9a-f][0-9a-f]*$/);
  // BALANCE of a constant account
  const balance = `0x73${'cc'.repeat(20)}3100`;
  const other = await node.call('eth_createAccessList', { from, data: balance });
  assert.deepEqual(other.accessList, [{ address: `0x${'cc'.repeat(20)}`, storageKeys: [] }]);
  const reverted = await node.call('eth_createAccessList', { from, to: formatData(REVERT) });
  assert.deepEqual([reverted.accessList, reverted.error], [[], 'execution reverted']);
});

test('limits: calls that wait for the engine', async () => {
  const node = new TestNode({ limits: { callsWaitingMax: 2 } });
  const answers = await Promise.all([1, 2, 3].map(() => node.answer('eth_call', { to: note })));
  assert.deepEqual(
    answers.map(({ error }) => error?.code),
    [undefined, undefined, -32005],
  );
  assert.equal((await node.answer('eth_call', { to: note })).error, undefined, 'room is given back');
});
