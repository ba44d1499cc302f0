/**
 * The contracts that engines are measured with do what they are there for, and every transaction of every workload
 * succeeds: a benchmark of failures would measure nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, equalBytes, toHex } from '@coco/primitives';
import { createAddress } from './codec/address.js';
import { keccak256 } from './codec/keccak.js';
import { paddedBytes, unsignedValue } from './codec/quantity.js';
import { createEthereumjsEngine } from './engine/ethereumjs.js';
import { assemble, initcode } from './testing/assemble.js';
import { ARITHMETIC_LOOP, KECCAK_LOOP, loopCall, STORAGE_LOOP } from './testing/contracts/loops.js';
import {
  marketInitcode,
  marketSync,
  SWAP_TOPIC,
  traderInitcode,
  traderSwap,
} from './testing/contracts/swap.js';
import { createWorkloads, runWorkload } from './testing/contracts/workloads.js';
import { ERC20_INITCODE, ERC20_SUPPLY, erc20Transfer } from './testing/erc20.js';
import { sharedData } from './testing/sharedData.js';
import type { Signer } from './testing/signer.js';
import { createTestChain } from './testing/testChain.js';
import type { EthereumTransactionReceipt } from './types.js';

/** A chain on which one account deploys and calls; what it sends must be executed. */
function createDesk() {
  const chain = createTestChain({
    genesis: { gasLimit: 2_000_000_000 },
    settings: { transactionGasMax: 2n ** 40n },
  });
  const [alice] = chain.signers as [Signer];
  let nonce = 0n;
  const send = async (fields: { readonly to?: Uint8Array; readonly data: Uint8Array }) => {
    nonce++;
    const { results } = await chain.execute([
      chain.transaction(alice, { gasLimit: 500_000_000n, ...fields }),
    ]);
    assert.equal(results[0]?.kind, 'executed');
    return (results[0] as { readonly receipt: EthereumTransactionReceipt }).receipt;
  };
  const deploy = async (data: Uint8Array) => {
    const address = createAddress(alice.address, nonce);
    assert.equal((await send({ data })).status, 1);
    return address;
  };
  return { send, deploy };
}

test('a swap moves the tokens that the constant product allows, fee included, and says so', async () => {
  const { send, deploy } = createDesk();
  const token0 = await deploy(ERC20_INITCODE);
  const token1 = await deploy(ERC20_INITCODE);
  const market = await deploy(marketInitcode(token0, token1));
  const trader = await deploy(traderInitcode(market, token0, token1));
  const reserve = [ERC20_SUPPLY / 4n, ERC20_SUPPLY / 8n] as [bigint, bigint];
  await send({ to: token0, data: erc20Transfer(market, reserve[0]) });
  await send({ to: token1, data: erc20Transfer(market, reserve[1]) });
  await send({ to: token0, data: erc20Transfer(trader, 10n ** 24n) });
  await send({ to: token1, data: erc20Transfer(trader, 10n ** 24n) });
  assert.equal((await send({ to: market, data: marketSync() })).status, 1);
  for (const from of [0, 1, 0] as const) {
    const amount = 10n ** 20n + BigInt(from);
    const to = from === 0 ? 1 : 0;
    const out = (amount * 997n * reserve[to]) / (reserve[from] * 1000n + amount * 997n);
    const receipt = await send({ to: trader, data: traderSwap(amount, from) });
    assert.equal(receipt.status, 1);
    reserve[from] += amount;
    reserve[to] -= out;
    const swapped = receipt.logs.find(({ topics }) => equalBytes(topics[0] as Uint8Array, SWAP_TOPIC));
    const words = from === 0 ? [amount, 0n, 0n, out] : [0n, amount, out, 0n];
    assert.equal(
      toHex(swapped?.data ?? new Uint8Array(0)),
      toHex(concatBytes(...words.map((word) => paddedBytes(word, 32)))),
    );
    const [, sync] = receipt.logs.filter(({ address }) => equalBytes(address, market)).reverse();
    assert.deepEqual(
      [
        unsignedValue(sync?.data.subarray(0, 32) ?? new Uint8Array(0)),
        unsignedValue(sync?.data.subarray(32) ?? new Uint8Array(0)),
      ],
      reserve,
    );
  }
});

test('a market gives nothing away: what breaks its product, and what it has not, is reverted', async () => {
  const { send, deploy } = createDesk();
  const token0 = await deploy(ERC20_INITCODE);
  const token1 = await deploy(ERC20_INITCODE);
  const market = await deploy(marketInitcode(token0, token1));
  await send({ to: token0, data: erc20Transfer(market, 1_000_000n) });
  await send({ to: token1, data: erc20Transfer(market, 1_000_000n) });
  await send({ to: market, data: marketSync() });
  const swap = (out0: bigint, out1: bigint) =>
    send({
      to: market,
      data: concatBytes(
        Uint8Array.of(0x02, 0x2c, 0x0d, 0x9f),
        ...[out0, out1, 0x1234n, 0x80n, 0n].map((word) => paddedBytes(word, 32)),
      ),
    });
  assert.equal((await swap(0n, 1n)).status, 0, 'nothing came in');
  await send({ to: token0, data: erc20Transfer(market, 10_000n) });
  assert.equal((await swap(0n, 0n)).status, 0, 'nothing is asked');
  assert.equal((await swap(0n, 1_000_000n)).status, 0, 'more than there is');
  assert.equal((await swap(0n, 9_872n)).status, 0, 'too much by one');
  assert.equal((await swap(0n, 9_871n)).status, 1, 'just what the product allows');
});

test('loops do their work as often as they are told', async () => {
  const { send, deploy } = createDesk();
  const storage = await deploy(STORAGE_LOOP);
  const first = await send({ to: storage, data: loopCall(50) });
  const again = await send({ to: storage, data: loopCall(50) });
  assert.ok(first.gasUsed - again.gasUsed >= 50n * 17_100n, 'slots that are there are cheaper to change');
  const keccak = await deploy(KECCAK_LOOP);
  const arithmetic = await deploy(ARITHMETIC_LOOP);
  const logger = (to: Uint8Array, rounds: number) =>
    initcode(
      assemble('STOP'),
      `${rounds} 0x00 MSTORE 0x20 0x00 0x20 0x00 0x00 0x${toHex(to)} GAS CALL POP 0x20 0x00 LOG0`,
    );
  const answer = async (to: Uint8Array, rounds: number) =>
    unsignedValue((await send({ data: logger(to, rounds) })).logs[0]?.data ?? new Uint8Array(0));
  let hash = new Uint8Array(32);
  for (let i = 0; i < 3; i++)
    hash = Uint8Array.from(keccak256(concatBytes(hash, paddedBytes(BigInt(i), 32))));
  assert.equal(await answer(keccak, 3), unsignedValue(hash));
  assert.equal(await answer(arithmetic, 0), 2n);
  assert.equal(await answer(arithmetic, 7), arithmeticLoop(7));
});

/** ARITHMETIC_LOOP with integers of any size. */
function arithmeticLoop(rounds: number): bigint {
  const M = 2n ** 256n;
  const prime = M - 2n ** 32n - 977n;
  const power = (base: bigint, exponent: bigint) => {
    let result = 1n;
    for (let i = 0n; i < exponent; i++) result = (result * base) % M;
    return result;
  };
  let x = 2n;
  for (let round = 0n; round < rounds; round++) {
    const y = (((round * 0x0123456789abcdefn) % M) + x) % prime;
    const z = (y * y) % prime;
    const w = (z + power(z, 0x1001n)) % M;
    const v = w ^ (w / (y | 0xffffffffffffffffffffn));
    const u = (v + (v % 0xfedcba9876543210fedcba98n)) % M;
    const signed = BigInt.asIntN(256, u) / -8n;
    x = BigInt.asUintN(256, u + signed);
  }
  return x;
}

const skip = sharedData('replay') === undefined ? 'shared/data/ethereum/replay is not there' : false;

test('all transactions of all workloads are executed', { skip }, async () => {
  const engine = createEthereumjsEngine();
  for (const workload of await createWorkloads(engine, 50)) {
    const cut = { ...workload, items: workload.items.slice(0, 50) };
    const done = await runWorkload(engine, cut);
    assert.ok(done.gasUsed >= 21_000n * BigInt(cut.items.length), workload.name);
    if (!workload.name.startsWith('replay')) assert.equal(done.failed, 0, workload.name);
    assert.deepEqual(await runWorkload(engine, cut), done, 'the state before it stays as it is');
  }
});
