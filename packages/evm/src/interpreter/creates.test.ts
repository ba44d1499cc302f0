/** Creating and destroying contracts: EIP-2, 161, 170, 684, 1014, 2929, 3541, 3860, 6780, 7610. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { keccak256 } from '../keccak.js';
import { assemble } from '../testing/assemble.js';
import { ALICE, addressOf, CONTRACT, hex, numberIn, World } from '../testing/world.js';
import type { ForkName } from '../types.js';
import { contractAddress, saltedContractAddress } from './contractAddress.js';

const create = (data: string, gasLimit = 10_000_000n) => ({
  to: undefined as never,
  data: assemble(data),
  gasLimit,
});

test('addresses: the examples of EIP-1014, and known contracts', () => {
  const example = (creator: string, salt: string, initcode: string) =>
    toHex(saltedContractAddress(hex(creator), hex(salt), keccak256(hex(initcode))));
  const zero = '00'.repeat(32);
  assert.equal(example('00'.repeat(20), zero, '00'), '4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38');
  assert.equal(
    example('deadbeef00000000000000000000000000000000', zero, '00'),
    'b928f69bb1d91cd65274e3c79d8986362984fda3',
  );
  assert.equal(example('00'.repeat(20), zero, ''), 'e33c0c7f7df4809055c3eba6c09cfe4baf1bd9e0');
  const creator = hex('6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0');
  const known = ['cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d', '343c43a37d37dff08ae8c4a11544c718abb4fcf8'];
  assert.deepEqual([toHex(contractAddress(creator, 0n)), toHex(contractAddress(creator, 1n))], known);
  assert.equal(toHex(contractAddress(creator, 128n)).length, 40);
});

test('what init code returns is the code, of an account with nonce 1 since EIP-161', () => {
  for (const [fork, nonce] of [
    ['homestead', 0n],
    ['spuriousDragon', 1n],
  ] as const) {
    const world = new World(fork);
    const { createdAddress, output } = world.call(create('0x6001 0 MSTORE 2 30 RETURN'));
    assert.deepEqual(createdAddress, contractAddress(ALICE, 0n));
    const account = world.account(contractAddress(ALICE, 0n));
    assert.equal(account?.nonce, nonce);
    assert.equal(toHex(world.code(account?.codeHash ?? output)), '6001');
    assert.equal(world.account(ALICE)?.nonce, 1n);
  }
});

test('EIP-2: code that cannot be paid for was left out in Frontier, and fails the creation since', () => {
  const gas = (fork: ForkName) => (fork === 'frontier' ? 21_000n : 53_000n) + 2_000n;
  for (const [fork, status] of [
    ['frontier', 1],
    ['homestead', 0],
  ] as const) {
    const world = new World(fork);
    const execution = world.call(create('100 0 RETURN', gas(fork)));
    assert.equal(execution.status, status);
    assert.equal(execution.gasUsed === gas(fork), status === 0);
    assert.equal(world.account(contractAddress(ALICE, 0n))?.codeHash, undefined);
  }
});

test('EIP-170, 3541: code of more than 24,576 bytes or that begins with 0xef is no code', () => {
  const error = (fork: ForkName, code: string) => new World(fork).call(create(code)).error;
  assert.equal(error('spuriousDragon', '24576 0 RETURN'), undefined);
  assert.equal(error('spuriousDragon', '24577 0 RETURN'), 'max code size exceeded');
  assert.equal(error('homestead', '24577 0 RETURN'), undefined);
  assert.equal(error('london', '0xef 0 MSTORE8 1 0 RETURN'), 'invalid code: must not begin with 0xef');
  assert.equal(error('berlin', '0xef 0 MSTORE8 1 0 RETURN'), undefined);
});

test('EIP-3860: init code of more than 49,152 bytes is not run, and costs two gas a word', () => {
  const run = (fork: ForkName, size: number) => new World(fork).run(`${size} 0 0 CREATE`);
  assert.equal(run('shanghai', 49_153).error, 'max initcode size exceeded');
  assert.equal(run('paris', 49_153).error, undefined);
  assert.equal(run('shanghai', 49_152).error, undefined);
  assert.equal(run('shanghai', 320).gasUsed - run('paris', 320).gasUsed, 20n);
});

test('EIP-684, 7610: an account with nonce, code or storage is not taken over, and all gas is gone', () => {
  const address = contractAddress(CONTRACT, 1n);
  for (const there of [{ nonce: 1n }, { code: 'STOP' }, { storage: { 1: 1n } }]) {
    const world = new World('prague').put(address, there).put(CONTRACT, { nonce: 1n });
    const execution = world.run('0 0 0 CREATE 0 MSTORE 32 0 RETURN', { gasLimit: 1_000_000n });
    assert.equal(numberIn(execution.output), 0n);
    assert.ok(execution.gasUsed > 900_000n);
    assert.equal(world.account(CONTRACT)?.nonce, 2n, 'the nonce is used');
  }
  const world = new World('prague').put(address, { balance: 5n }).put(CONTRACT, { nonce: 1n });
  assert.equal(numberIn(world.run('0 0 0 CREATE 0 MSTORE 32 0 RETURN').output), numberIn(address));
  assert.equal(world.balance(address), 5n, 'balance is kept');
});

test('a creation that fails before it begins keeps gas and nonce; one that reverts keeps its data', () => {
  const world = new World('prague').put(CONTRACT, { nonce: 1n });
  assert.equal(world.topOf('0 0 1 CREATE'), 0n);
  assert.equal(world.account(CONTRACT)?.nonce, 1n);
  const reverts = '0x60016000fd 0 MSTORE 5 27 0 CREATE POP RETURNDATASIZE';
  assert.equal(world.topOf(reverts), 1n);
  assert.equal(world.account(CONTRACT)?.nonce, 2n);
  const full = new World('prague').put(CONTRACT, { nonce: 2n ** 64n - 1n });
  assert.equal(full.topOf('0 0 0 CREATE'), 0n);
});

test('SELFDESTRUCT removes the account at the end of the transaction, until EIP-6780 only where it was made', () => {
  const heir = addressOf(0xbe);
  for (const [fork, removed] of [
    ['shanghai', true],
    ['cancun', false],
  ] as const) {
    const world = new World(fork).put(CONTRACT, { balance: 9n, storage: { 0: 1n } });
    world.run('0xbe SELFDESTRUCT');
    assert.equal(world.account(CONTRACT) === undefined, removed, fork);
    assert.equal(world.balance(heir), 9n);
    assert.equal(world.slot(0), removed ? 0n : 1n);
    const made = world.call({ ...create('1 0 SSTORE 0xbe SELFDESTRUCT'), value: 3n });
    assert.equal(made.status, 1);
    assert.equal(world.account(made.createdAddress ?? heir), undefined);
    assert.equal(world.balance(heir), 12n);
  }
});

test('SELFDESTRUCT to oneself burns the balance, unless the account stays (EIP-6780)', () => {
  for (const [fork, left] of [
    ['shanghai', 0n],
    ['cancun', 9n],
  ] as const) {
    const world = new World(fork).put(CONTRACT, { balance: 9n });
    world.run('ADDRESS SELFDESTRUCT');
    assert.equal(world.balance(CONTRACT), left, fork);
  }
});
