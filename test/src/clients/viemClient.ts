/**
 * What a user of viem does, with viem as it comes from the registry: run by viem.test.ts as a process of its own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERC20_ABI, ERC20_INITCODE, ERC20_SUPPLY } from '@coco/ethereum/testing';
import { toHex } from '@coco/primitives';
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  getAbiItem,
  type Hash,
  http,
  InsufficientFundsError,
  NonceTooLowError,
  parseEther,
  parseEventLogs,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { clientEnvironment } from '../clientTests.js';
import { until } from '../until.js';

const { url, backupUrl, chainId, privateKeys } = clientEnvironment();
const [alice, bob, carol] = privateKeys.map((key) => privateKeyToAccount(key));
assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);

const chain = defineChain({
  id: chainId,
  name: 'Coco',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const pollingInterval = 50;
const reader = createPublicClient({ chain, transport: http(), pollingInterval });
const wallet = createWalletClient({ chain, transport: http(), account: alice });

const abi = ERC20_ABI;
const excess = ERC20_SUPPLY + 1n;
let token: Address = '0x';
const transfers: { readonly hash: Hash; readonly block: bigint }[] = [];

const balanceOf = (account: Address): Promise<bigint> =>
  reader.readContract({ abi, address: token, functionName: 'balanceOf', args: [account] });

/** The error of class `kind` among the causes of what `promise` is rejected with. */
async function causeOf<T extends Error>(
  promise: Promise<unknown>,
  kind: new (...args: never[]) => T,
): Promise<T> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BaseError, `rejected by viem, not ${error}`);
  const cause = error.walk((one) => one instanceof kind);
  assert.ok(cause instanceof kind, String(error));
  return cause;
}

test('chain id, balance, nonce, block and fees are there', async () => {
  assert.equal(await reader.getChainId(), chainId);
  assert.equal(await reader.getBalance({ address: alice.address }), parseEther('1000000'));
  assert.equal(await reader.getTransactionCount({ address: alice.address }), 0);
  const block = await reader.getBlock();
  assert.equal(block.baseFeePerGas, 0n);
  assert.equal((await reader.getBlock({ blockNumber: 0n })).number, 0n);
  const fees = await reader.estimateFeesPerGas();
  assert.ok(fees.maxFeePerGas >= fees.maxPriorityFeePerGas);
  assert.ok((await reader.getGasPrice()) >= 0n);
  const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [50] });
  assert.ok(history.baseFeePerGas.every((fee) => fee === 0n));
  assert.equal(await reader.estimateGas({ account: alice, to: bob.address, value: 1n }), 21_000n);
});

test('an ERC-20 is deployed: receipt, code, and what its views say', async () => {
  const hash = await wallet.deployContract({ abi, bytecode: `0x${toHex(ERC20_INITCODE)}` });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  assert.ok(receipt.contractAddress);
  token = receipt.contractAddress;
  transfers.push({ hash, block: receipt.blockNumber });
  const code = await reader.getCode({ address: token });
  assert.ok(code !== undefined && `0x${toHex(ERC20_INITCODE)}`.endsWith(code.slice(2)));
  const view = { abi, address: token } as const;
  assert.equal(await reader.readContract({ ...view, functionName: 'name' }), 'Coco Test Token');
  assert.equal(await reader.readContract({ ...view, functionName: 'symbol' }), 'CTT');
  assert.equal(await reader.readContract({ ...view, functionName: 'decimals' }), 18);
  assert.equal(await reader.readContract({ ...view, functionName: 'totalSupply' }), ERC20_SUPPLY);
  assert.equal(await balanceOf(alice.address), ERC20_SUPPLY);
});

test('an EIP-1559 transfer moves tokens, and its receipt has the event', async () => {
  const { request } = await reader.simulateContract({
    abi,
    address: token,
    functionName: 'transfer',
    args: [bob.address, 1_000n],
    account: alice,
  });
  const hash = await wallet.writeContract(request);
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.deepEqual([receipt.status, receipt.type, receipt.logs.length], ['success', 'eip1559', 1]);
  const [event] = parseEventLogs({ abi, logs: receipt.logs, eventName: 'Transfer' });
  assert.deepEqual(event?.args, { from: alice.address, to: bob.address, value: 1_000n });
  transfers.push({ hash, block: receipt.blockNumber });
  assert.deepEqual(
    [await balanceOf(alice.address), await balanceOf(bob.address)],
    [ERC20_SUPPLY - 1_000n, 1_000n],
  );
  const transaction = await reader.getTransaction({ hash });
  assert.deepEqual([transaction.from, transaction.nonce], [alice.address.toLowerCase(), 1]);
  assert.equal((await reader.getBlock({ blockHash: receipt.blockHash })).transactions.includes(hash), true);
  assert.equal(await reader.getTransactionConfirmations({ hash }), 1n);
});

test('legacy and EIP-2930 transactions, the fee paid to the last wei, nonces one after the other', async () => {
  const before = await reader.getBalance({ address: alice.address });
  const nonce = await reader.getTransactionCount({ address: alice.address });
  const legacy = await wallet.sendTransaction({ to: carol.address, value: 5n, type: 'legacy', gasPrice: 7n });
  const listed = await wallet.sendTransaction({
    to: carol.address,
    value: 6n,
    type: 'eip2930',
    accessList: [],
  });
  const receipts = await Promise.all(
    [legacy, listed].map((hash) => reader.waitForTransactionReceipt({ hash })),
  );
  assert.deepEqual(
    receipts.map(({ type, status, gasUsed }) => [type, status, gasUsed]),
    [
      ['legacy', 'success', 21_000n],
      ['eip2930', 'success', 21_000n],
    ],
  );
  const fees = receipts.reduce(
    (sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice,
    0n,
  );
  assert.equal(before - (await reader.getBalance({ address: alice.address })), 11n + fees);
  assert.equal(receipts[0]?.effectiveGasPrice, 7n);
  assert.equal(await reader.getTransactionCount({ address: alice.address }), nonce + 2);
});

test('Transfer events are found: getLogs, getContractEvents, filters', async () => {
  const event = getAbiItem({ abi, name: 'Transfer' });
  const logs = await reader.getLogs({
    address: token,
    event,
    fromBlock: 0n,
    toBlock: 'latest',
    strict: true,
  });
  assert.deepEqual(
    logs.map(({ transactionHash, blockNumber }) => ({ hash: transactionHash, block: blockNumber })),
    transfers,
  );
  const query = { abi, address: token, eventName: 'Transfer', fromBlock: 0n } as const;
  const toBob = await reader.getContractEvents({ ...query, args: { to: bob.address } });
  assert.deepEqual(
    toBob.map(({ args }) => args.value),
    [1_000n],
  );
  assert.deepEqual(await reader.getContractEvents({ ...query, args: { to: carol.address } }), []);
  const filter = await reader.createContractEventFilter(query);
  assert.equal((await reader.getFilterLogs({ filter })).length, transfers.length);
  const hash = await wallet.writeContract({
    abi,
    address: token,
    functionName: 'transfer',
    args: [carol.address, 7n],
  });
  const { blockNumber } = await reader.waitForTransactionReceipt({ hash });
  transfers.push({ hash, block: blockNumber });
  const changes = await reader.getFilterChanges({ filter });
  assert.deepEqual(
    changes.map(({ transactionHash }) => transactionHash),
    [hash],
  );
  assert.deepEqual(await reader.getFilterChanges({ filter }), []);
  assert.equal(await reader.uninstallFilter({ filter }), true);
});

test('events and blocks are watched as they come', async () => {
  const seen: bigint[] = [];
  const blocks: bigint[] = [];
  const unwatch = [
    reader.watchContractEvent({
      abi,
      address: token,
      eventName: 'Transfer',
      onLogs: (logs) => seen.push(...logs.map(({ args }) => args.value ?? 0n)),
    }),
    reader.watchBlockNumber({ onBlockNumber: (number) => blocks.push(number), emitMissed: true }),
  ];
  try {
    // The filter is installed by the first poll; the first block number is told by the first poll too.
    await until('the first block number', 60_000, () => blocks.length > 0);
    await until('an event', 60_000, async () => {
      if (seen.length > 0) return true;
      const args = [bob.address, 3n] as const;
      const hash = await wallet.writeContract({ abi, address: token, functionName: 'transfer', args });
      const { blockNumber } = await reader.waitForTransactionReceipt({ hash });
      await until('its block', 60_000, () => blocks.includes(blockNumber));
      return undefined;
    });
    assert.ok(seen.every((value) => value === 3n));
  } finally {
    for (const stop of unwatch) stop();
  }
});

test('the reason of a revert is told by simulate, estimate and call', async () => {
  const call = {
    abi,
    address: token,
    functionName: 'transfer',
    args: [bob.address, excess],
    account: alice,
  } as const;
  const reason = 'ERC20: transfer amount exceeds balance';
  assert.equal((await causeOf(reader.simulateContract(call), ContractFunctionRevertedError)).reason, reason);
  assert.equal(
    (await causeOf(reader.estimateContractGas(call), ContractFunctionRevertedError)).reason,
    reason,
  );
  assert.equal((await causeOf(wallet.writeContract(call), ContractFunctionRevertedError)).reason, reason);
});

test('a transaction that reverts in its block has a receipt that says so, and its reason can be asked for', async () => {
  const call = { abi, address: token, functionName: 'transfer', args: [bob.address, excess] } as const;
  const before = await balanceOf(bob.address);
  const hash = await wallet.writeContract({ ...call, gas: 100_000n });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.deepEqual([receipt.status, receipt.logs], ['reverted', []]);
  assert.ok(receipt.gasUsed < 100_000n && receipt.gasUsed > 21_000n);
  assert.equal(await balanceOf(bob.address), before);
  const { blockNumber } = receipt;
  const again = reader.simulateContract({ ...call, account: alice, blockNumber });
  assert.match((await causeOf(again, ContractFunctionRevertedError)).reason ?? '', /exceeds balance/);
});

test('what cannot be executed is refused with the errors that viem knows, and changes nothing', async () => {
  const nonce = await reader.getTransactionCount({ address: alice.address });
  const to = bob.address;
  await causeOf(wallet.sendTransaction({ to, value: 1n, nonce: 0, gas: 21_000n }), NonceTooLowError);
  const all = await reader.getBalance({ address: alice.address });
  await causeOf(wallet.sendTransaction({ to, value: all + 1n, gas: 21_000n }), InsufficientFundsError);
  assert.equal(await reader.getTransactionCount({ address: alice.address }), nonce);
});

test('many calls in one HTTP request (batch), transactions among them', async () => {
  let requests = 0;
  const transport = http(url, { batch: { wait: 5 }, onFetchRequest: () => void requests++ });
  const batched = createPublicClient({ chain, transport });
  const [id, balance, code, count] = await Promise.all([
    batched.getChainId(),
    batched.getBalance({ address: bob.address }),
    batched.getCode({ address: token }),
    batched.getTransactionCount({ address: bob.address }),
  ]);
  assert.deepEqual([id, typeof balance, code?.slice(0, 2), count, requests], [chainId, 'bigint', '0x', 0, 1]);
  const signed = await Promise.all(
    Array.from({ length: 20 }, (_, nonce) =>
      bob.signTransaction({ chainId, nonce, to: carol.address, value: 1n, gas: 21_000n, type: 'eip1559' }),
    ),
  );
  const hashes = await Promise.all(
    signed.map((serializedTransaction) => batched.sendRawTransaction({ serializedTransaction })),
  );
  assert.equal(requests, 2);
  const receipts = await Promise.all(hashes.map((hash) => batched.getTransactionReceipt({ hash })));
  assert.ok(receipts.every(({ status }) => status === 'success'));
  assert.equal(await reader.getTransactionCount({ address: bob.address }), 20);
});

test('through a backup everything is the same, and what was sent there is seen there at once', async () => {
  const transport = http(backupUrl);
  const there = createPublicClient({ chain, transport });
  const sender = createWalletClient({ chain, transport, account: carol });
  for (let sent = 1; sent <= 10; sent++) {
    const hash: Hash = await sender.sendTransaction({ to: alice.address, value: 1n });
    assert.equal((await there.getTransactionReceipt({ hash })).status, 'success');
    assert.equal(await there.getTransactionCount({ address: carol.address }), sent);
  }
});
