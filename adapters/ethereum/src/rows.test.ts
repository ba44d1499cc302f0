/** Rows hold everything that goes into them, and keys sort as numbers do (tables.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBytes, toHex } from '@coco/primitives';
import { encodeBlock, readBlock } from './chain.js';
import { decodeChainConfig, encodeChainConfig } from './chainConfig.js';
import { decodeHeader, encodeHeader } from './codec/header.js';
import {
  blockKey,
  decodeAccount,
  decodePlace,
  decodeReceipt,
  encodeAccount,
  encodeReceipt,
  placeKey,
  prefixEnd,
} from './tables.js';
import { createTestChain } from './testing/testChain.js';
import type { EthereumTransactionReceipt } from './types.js';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);

test('accounts', () => {
  const accounts = [
    { nonce: 0n, balance: 0n },
    { nonce: 2n ** 64n - 1n, balance: 2n ** 256n - 1n, codeHash: bytes(32, 7) },
    { nonce: 1n, balance: 255n },
  ];
  for (const account of accounts) assert.deepEqual(decodeAccount(encodeAccount(account)), account);
});

test('receipts', () => {
  const receipt: EthereumTransactionReceipt = {
    type: 2,
    status: 0,
    gasUsed: 21_000n,
    cumulativeGasUsed: 2n ** 40n,
    effectiveGasPrice: 2n ** 100n,
    contractAddress: bytes(20, 1),
    firstLogIndex: 3,
    revertData: bytes(36, 2),
    logs: [
      { address: bytes(20, 3), topics: [], data: bytes(0, 0) },
      { address: bytes(20, 4), topics: [bytes(32, 5), bytes(32, 6)], data: bytes(100, 7) },
    ],
  };
  assert.deepEqual(decodeReceipt(encodeReceipt(receipt)), receipt);
  const { contractAddress: _, ...plain } = {
    ...receipt,
    status: 1 as const,
    revertData: bytes(0, 0),
    logs: [],
  };
  assert.deepEqual(decodeReceipt(encodeReceipt(plain)), plain);
});

test('keys of blocks and places sort as their numbers do', () => {
  const numbers = [0, 1, 255, 256, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 52];
  for (const [i, number] of numbers.entries()) {
    const next = numbers[i + 1];
    if (next !== undefined) assert.ok(compareBytes(blockKey(number), blockKey(next)) < 0);
    const place = { blockNumber: number, index: 70_000 };
    assert.deepEqual(decodePlace(placeKey(place)), place);
    assert.ok(compareBytes(placeKey({ blockNumber: number, index: 255 }), placeKey(place)) < 0);
  }
});

test('the end of a prefix comes after all that begins with it, and before all else', () => {
  assert.deepEqual(prefixEnd(Uint8Array.of(1, 2)), Uint8Array.of(1, 3));
  assert.deepEqual(prefixEnd(Uint8Array.of(1, 255)), Uint8Array.of(2));
  assert.equal(prefixEnd(Uint8Array.of(255, 255)), undefined);
});

test('the configuration of a chain', () => {
  const config = {
    chainId: 2n ** 63n,
    activations: { london: 5, cancun: 7 },
    coinbase: bytes(20, 9),
    baseFee: 3n,
  };
  assert.deepEqual(decodeChainConfig(encodeChainConfig(config)), config);
});

test('headers of every fork', () => {
  for (const fork of ['frontier', 'london', 'shanghai', 'cancun', 'prague'] as const) {
    const { header } = createTestChain({ fork }).head();
    assert.deepEqual(decodeHeader(encodeHeader(header)), header);
  }
});

test('a block', () => {
  const chain = createTestChain();
  const block = { ...chain.head(), transactionHashes: [bytes(32, 1), bytes(32, 2)] };
  const transaction = chain.store.begin();
  transaction.put('ethereum.blocks', blockKey(0), encodeBlock(block));
  assert.deepEqual(readBlock(transaction, 0), block);
  assert.equal(toHex(block.header.stateRoot).length, 64);
});
