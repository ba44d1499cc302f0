/**
 * What a user of ethers does, with ethers as it comes from the registry: run by ethers.test.ts as a process of its
 * own.
 *
 * `cacheTimeout: -1`: ethers answers a question that it asked less than 250 ms ago from memory. Here a transaction is
 * committed within milliseconds, so that the nonce of the next one would be the old one. The last test shows the
 * other way, ethers' own NonceManager, with the default cache.
 *
 * ethers takes a base fee of 0 for none (it tests it for truth), tells no EIP-1559 fees, and sends legacy transactions
 * unless the type or the fees are given. Both are executed.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ERC20_ABI, ERC20_INITCODE, ERC20_SUPPLY } from '@coco/ethereum/testing';
import { toHex } from '@coco/primitives';
import {
  type BaseContract,
  Contract,
  ContractFactory,
  type ContractTransactionResponse,
  EventLog,
  isCallException,
  isError,
  JsonRpcProvider,
  NonceManager,
  parseEther,
  type TransactionReceipt,
  type TransactionResponse,
  Wallet,
} from 'ethers';
import { clientEnvironment } from '../clientTests.js';
import { until } from '../until.js';

const { url, backupUrl, chainId, privateKeys } = clientEnvironment();
const options = { cacheTimeout: -1, pollingInterval: 50 };
const provider = new JsonRpcProvider(url, undefined, options);
const [alice, bob, carol] = privateKeys.map((key) => new Wallet(key, provider));
assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
after(() => provider.destroy());

/** The token's methods, which ethers makes of the ABI at run time. */
interface Token extends BaseContract {
  name(): Promise<string>;
  symbol(): Promise<string>;
  decimals(): Promise<bigint>;
  totalSupply(): Promise<bigint>;
  balanceOf(account: string): Promise<bigint>;
  transfer: {
    (to: string, amount: bigint, overrides?: object): Promise<ContractTransactionResponse>;
    staticCall(to: string, amount: bigint, overrides?: object): Promise<boolean>;
    estimateGas(to: string, amount: bigint): Promise<bigint>;
  };
}

const excess = ERC20_SUPPLY + 1n;
const transferHashes: string[] = [];
let token: Token;

async function mined(response: TransactionResponse): Promise<TransactionReceipt> {
  const receipt = await response.wait();
  assert.ok(receipt !== null);
  return receipt;
}

test('chain id, balance, nonce, block and fees are there', async () => {
  const network = await provider.getNetwork();
  assert.equal(network.chainId, BigInt(chainId));
  assert.equal(await provider.getBalance(alice.address), parseEther('1000000'));
  assert.equal(await provider.getTransactionCount(alice.address), 0);
  const block = await provider.getBlock('latest');
  assert.equal(block?.baseFeePerGas, 0n);
  assert.equal((await provider.getBlock(0))?.number, 0);
  const fees = await provider.getFeeData();
  assert.deepEqual([typeof fees.gasPrice, fees.maxFeePerGas], ['bigint', null]);
  assert.equal((await provider.send('eth_feeHistory', ['0x1', 'latest', [50]])).baseFeePerGas[0], '0x0');
  assert.equal(await provider.estimateGas({ from: alice.address, to: bob.address, value: 1n }), 21_000n);
});

test('an ERC-20 is deployed: receipt, code, and what its views say', async () => {
  const bytecode = `0x${toHex(ERC20_INITCODE)}`;
  const contract = await new ContractFactory(ERC20_ABI, bytecode, alice).deploy();
  const deployment = contract.deploymentTransaction();
  assert.ok(deployment !== null);
  const receipt = await mined(deployment);
  transferHashes.push(receipt.hash);
  await contract.waitForDeployment();
  assert.deepEqual([receipt.status, receipt.contractAddress], [1, await contract.getAddress()]);
  token = contract as unknown as Token;
  const code = await provider.getCode(contract);
  assert.ok(code.length > 2 && bytecode.endsWith(code.slice(2)));
  assert.equal(await token.name(), 'Coco Test Token');
  assert.equal(await token.symbol(), 'CTT');
  assert.equal(await token.decimals(), 18n);
  assert.equal(await token.totalSupply(), ERC20_SUPPLY);
  assert.equal(await token.balanceOf(alice.address), ERC20_SUPPLY);
});

test('an EIP-1559 transfer moves tokens, and its receipt has the event', async () => {
  const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 3n };
  const response = await token.transfer(bob.address, 1_000n, fees);
  const receipt = await response.wait();
  assert.ok(receipt !== null);
  assert.deepEqual([receipt.type, receipt.gasPrice], [2, 3n]);
  transferHashes.push(receipt.hash);
  assert.deepEqual([receipt.status, receipt.logs.length], [1, 1]);
  const [log] = receipt.logs;
  assert.ok(log instanceof EventLog);
  assert.deepEqual([...log.args], [alice.address, bob.address, 1_000n]);
  assert.equal(await token.balanceOf(alice.address), ERC20_SUPPLY - 1_000n);
  assert.equal(await token.balanceOf(bob.address), 1_000n);
  const transaction = await provider.getTransaction(receipt.hash);
  assert.deepEqual([transaction?.from, transaction?.nonce], [alice.address, 1]);
  assert.equal(await receipt.confirmations(), 1);
  assert.ok((await receipt.getBlock()).transactions.includes(receipt.hash));
});

test('a transaction of which only the type is given: EIP-1559 without a fee, legacy where nothing is given', async () => {
  const typed = await mined(await alice.sendTransaction({ to: bob.address, value: 1n, type: 2 }));
  assert.deepEqual([typed.type, typed.status, typed.gasPrice], [2, 1, 0n]);
  const plain = await mined(await alice.sendTransaction({ to: bob.address, value: 1n }));
  assert.deepEqual([plain.type, plain.status], [0, 1]);
});

test('legacy and EIP-2930 transactions, the fee paid to the last wei, nonces one after the other', async () => {
  const before = await provider.getBalance(alice.address);
  const nonce = await alice.getNonce();
  const legacy = await mined(
    await alice.sendTransaction({ to: carol.address, value: 5n, type: 0, gasPrice: 7n }),
  );
  const listed = await mined(
    await alice.sendTransaction({ to: carol.address, value: 6n, type: 1, gasPrice: 9n, accessList: [] }),
  );
  assert.deepEqual([legacy.type, legacy.status, legacy.gasPrice], [0, 1, 7n]);
  assert.deepEqual([listed.type, listed.status, listed.gasPrice], [1, 1, 9n]);
  assert.equal(before - (await provider.getBalance(alice.address)), 11n + 21_000n * (7n + 9n));
  assert.equal(await alice.getNonce(), nonce + 2);
});

test('Transfer events are found: queryFilter, getLogs', async () => {
  const found = await token.queryFilter('Transfer', 0, 'latest');
  assert.deepEqual(
    found.map(({ transactionHash }) => transactionHash),
    transferHashes,
  );
  const contract = new Contract(await token.getAddress(), ERC20_ABI, provider);
  const toBob = await contract.queryFilter(contract.filters.Transfer?.(null, bob.address) ?? 'none');
  assert.deepEqual(
    toBob.map((log) => (log as EventLog).args.value),
    [1_000n],
  );
  const topics = [null, null, `0x${bob.address.slice(2).padStart(64, '0')}`];
  const logs = await provider.getLogs({ address: token, topics, fromBlock: 0 });
  assert.deepEqual(
    logs.map(({ transactionHash }) => transactionHash),
    [transferHashes[1]],
  );
});

test('events and blocks are listened to as they come', async () => {
  const seen: bigint[] = [];
  const blocks: number[] = [];
  await token.on('Transfer', (_from, _to, value: bigint) => seen.push(value));
  await provider.on('block', (number: number) => blocks.push(number));
  try {
    await until('an event, and its block', 60_000, async () => {
      if (seen.length > 0) return true;
      const { blockNumber } = await mined(await token.transfer(bob.address, 3n));
      await until('its block', 60_000, () => blocks.includes(blockNumber));
      return undefined;
    });
    assert.ok(seen.every((value) => value === 3n));
  } finally {
    await token.removeAllListeners();
    await provider.removeAllListeners();
  }
});

test('the reason of a revert is told by call, estimate and send', async () => {
  const isRefusal = (error: unknown): boolean =>
    isCallException(error as Error) &&
    isError(error, 'CALL_EXCEPTION') &&
    error.reason === 'ERC20: transfer amount exceeds balance';
  await assert.rejects(token.transfer.staticCall(bob.address, excess), isRefusal);
  await assert.rejects(token.transfer.estimateGas(bob.address, excess), isRefusal);
  await assert.rejects(token.transfer(bob.address, excess), isRefusal);
});

test('a transaction that reverts in its block has a receipt that says so, and its reason can be asked for', async () => {
  const before = await token.balanceOf(bob.address);
  const response = await token.transfer(bob.address, excess, { gasLimit: 100_000n });
  const failure = await response.wait().then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(isError(failure, 'CALL_EXCEPTION'));
  const { receipt } = failure;
  assert.deepEqual([receipt?.status, receipt?.logs], [0, []]);
  assert.ok(receipt && receipt.gasUsed > 21_000n && receipt.gasUsed < 100_000n);
  assert.equal(await token.balanceOf(bob.address), before);
  const again = token.transfer.staticCall(bob.address, excess, { blockTag: receipt.blockNumber });
  await assert.rejects(again, { reason: 'ERC20: transfer amount exceeds balance' });
});

test('what cannot be executed is refused with the errors that ethers knows, and changes nothing', async () => {
  const nonce = await alice.getNonce();
  const gasLimit = 21_000n;
  const refusals: [object, string][] = [
    [{ value: 1n, nonce: 0 }, 'NONCE_EXPIRED'],
    [{ value: (await provider.getBalance(alice.address)) + 1n }, 'INSUFFICIENT_FUNDS'],
  ];
  for (const [fields, code] of refusals) {
    await assert.rejects(alice.sendTransaction({ to: bob.address, gasLimit, ...fields }), { code });
  }
  assert.equal(await alice.getNonce(), nonce);
});

test('many calls in one HTTP request (batch), transactions among them', async () => {
  let requests = 0;
  const batching = new JsonRpcProvider(url, chainId, { ...options, staticNetwork: true, batchStallTime: 5 });
  await batching.on('debug', ({ action }: { action: string }) => {
    if (action === 'sendRpcPayload') requests++;
  });
  try {
    const [balance, count, code] = await Promise.all([
      batching.getBalance(bob.address),
      batching.getTransactionCount(bob.address),
      batching.getCode(token),
    ]);
    assert.deepEqual([typeof balance, count, code.slice(0, 2), requests], ['bigint', 0, '0x', 1]);
    const signed = await Promise.all(
      Array.from({ length: 20 }, (_, nonce) =>
        bob.signTransaction({ chainId, nonce, to: carol.address, value: 1n, gasLimit: 21_000n, type: 2 }),
      ),
    );
    requests = 0;
    const hashes = await Promise.all(
      signed.map((raw) => batching.send('eth_sendRawTransaction', [raw]) as Promise<string>),
    );
    assert.equal(requests, 1);
    const receipts = await Promise.all(hashes.map((hash) => batching.getTransactionReceipt(hash)));
    assert.ok(receipts.every((receipt) => receipt?.status === 1));
  } finally {
    batching.destroy();
  }
  assert.equal(await bob.getNonce(), 20);
});

test('through a backup, with the default cache and NonceManager, everything is the same', async () => {
  const there = new JsonRpcProvider(backupUrl, undefined, { pollingInterval: 50 });
  try {
    const sender = new NonceManager(new Wallet(carol.privateKey, there));
    for (let sent = 1; sent <= 10; sent++) {
      const { hash } = await sender.sendTransaction({ to: alice.address, value: 1n });
      assert.equal((await there.getTransactionReceipt(hash))?.status, 1);
    }
    assert.equal(await carol.getNonce(), 10);
  } finally {
    there.destroy();
  }
});
