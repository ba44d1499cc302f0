/** What code learns about where it is: EIP-1052, 1344, 1884, 3198, 4399, 4844, 7516, 7939, and the yellow paper. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { keccak256 } from '../keccak.js';
import { ALICE, addressOf, COINBASE, CONTRACT, numberIn, World, word } from '../testing/world.js';

test('the block, as its environment says', () => {
  const world = new World('osaka');
  world.environment = { ...world.environment, baseFee: 11n };
  const { environment } = world;
  const shown: Readonly<Record<string, bigint>> = {
    NUMBER: BigInt(environment.number),
    TIMESTAMP: BigInt(environment.timestamp),
    COINBASE: numberIn(COINBASE),
    GASLIMIT: environment.gasLimit,
    DIFFICULTY: numberIn(environment.prevRandao),
    CHAINID: 1n,
    BASEFEE: 11n,
    BLOBBASEFEE: 3n,
  };
  for (const [name, value] of Object.entries(shown)) assert.equal(world.topOf(name), value, name);
  assert.equal(new World('london').topOf('DIFFICULTY'), 7n, 'EIP-4399: PREVRANDAO from Paris on');
});

test('BLOCKHASH knows the last 256 blocks, and neither this one nor any later', () => {
  const world = new World('prague');
  for (const [number, hash] of [
    [999, 999n],
    [744, 744n],
    [743, 0n],
    [1000, 0n],
    [1001, 0n],
  ] as const) {
    assert.equal(world.topOf(`${number} BLOCKHASH`), hash, String(number));
  }
  assert.equal(world.topOf(`0x${'ff'.repeat(32)} BLOCKHASH`), 0n);
});

test('call data is zero beyond its end', () => {
  const world = new World('prague');
  const data = Uint8Array.of(1, 2, 3);
  const load = (at: string) =>
    numberIn(world.run(`${at} CALLDATALOAD 0 MSTORE 32 0 RETURN`, { data }).output);
  assert.equal(load('0'), 0x010203n << 232n);
  assert.equal(load('2'), 3n << 248n);
  assert.equal(load('3'), 0n);
  assert.equal(load(`0x${'ff'.repeat(32)}`), 0n);
  const copied = world.run('0 NOT 0 MSTORE 4 1 2 CALLDATACOPY 32 0 RETURN', { data }).output;
  assert.equal(toHex(copied.slice(0, 8)), 'ffff02030000ffff');
});

test('EIP-1052: EXTCODEHASH of code, of no code, of nobody', () => {
  const world = new World('prague')
    .put(addressOf(1000), { code: 'STOP' })
    .put(addressOf(1001), { balance: 1n });
  world.put(addressOf(1002), {});
  assert.equal(world.topOf('1000 EXTCODEHASH'), numberIn(keccak256(Uint8Array.of(0))));
  assert.equal(world.topOf('1001 EXTCODEHASH'), numberIn(keccak256(new Uint8Array(0))));
  assert.equal(world.topOf('1002 EXTCODEHASH'), 0n);
  assert.equal(world.topOf('1003 EXTCODEHASH'), 0n);
});

test('addresses on the stack are their lower 20 bytes', () => {
  const world = new World('prague');
  const dirty = `0x${'ff'.repeat(12)}${toHex(ALICE)}`;
  assert.equal(world.topOf(`${dirty} BALANCE`), world.balance(ALICE));
  world.put(CONTRACT, { balance: 5n });
  assert.equal(world.topOf('SELFBALANCE'), 5n);
});

test('EIP-4844: BLOBHASH by index, zero beyond the last', () => {
  const world = new World('cancun').put(CONTRACT, { code: '1 BLOBHASH 0 SSTORE 2 BLOBHASH 1 SSTORE' });
  const blobVersionedHashes = [7n, 8n].map((value) => word((1n << 248n) + value));
  const fields = { type: 3, blobVersionedHashes, maxFeePerBlobGas: 3n } as const;
  assert.equal(world.send({ ...fields, to: CONTRACT }).outcome, 'executed');
  assert.equal(world.slot(0), (1n << 248n) + 8n);
  assert.equal(world.slot(1), 0n);
  assert.equal(10n ** 18n - world.balance(ALICE), 2n * 131_072n * 3n, 'blob gas is burnt');
});

test('EIP-5656: MCOPY of ranges that overlap', () => {
  const world = new World('cancun');
  const bytes = '0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 0 MSTORE';
  assert.equal(toHex(world.run(`${bytes} 4 0 1 MCOPY 8 0 RETURN`).output), '0000010203050607');
  assert.equal(toHex(world.run(`${bytes} 4 1 0 MCOPY 8 0 RETURN`).output), '0102030404050607');
});

test('PC, MSIZE, CODESIZE, GAS and the copy of code', () => {
  const world = new World('prague');
  assert.equal(world.topOf('PC'), 0n);
  assert.equal(world.topOf('0 MLOAD POP MSIZE'), 32n);
  assert.equal(world.topOf('33 MLOAD POP MSIZE'), 96n);
  assert.equal(world.topOf('CODESIZE'), 9n);
  assert.equal(world.topOf('GAS'), 1_000_000n - 21_000n - 2n);
  assert.equal(toHex(world.run('4 0 0 CODECOPY 4 0 RETURN').output), '60046000');
});
