/** Exceptional halts leave no trace (yellow paper, 9.4.2), and no code runs for longer than it may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEvm } from '../createEvm.js';
import { ALICE, addressOf, CONTRACT, numberIn, World, word } from '../testing/world.js';

const HUGE = `0x${'ff'.repeat(32)}`;

const halts: Readonly<Record<string, string>> = {
  POP: 'stack underflow',
  '1 ADD': 'stack underflow',
  ':again 1 @again JUMP': 'stack overflow',
  '3 JUMP': 'invalid jump destination',
  [`${HUGE} JUMP`]: 'invalid jump destination',
  '0x01 4 JUMPI': 'invalid jump destination',
  '4 JUMP 0x5b': 'invalid jump destination',
  ':again @again JUMP': 'out of gas',
  [`1 ${HUGE} MSTORE`]: 'out of gas',
  '1 0x010000000000000000 MSTORE8': 'out of gas',
  [`${HUGE} 0 KECCAK256`]: 'out of gas',
  [`${HUGE} 0 0 CALLDATACOPY`]: 'out of gas',
  [`${HUGE} 0 LOG0`]: 'out of gas',
  [`${HUGE} 0 RETURN`]: 'out of gas',
  [`${HUGE} 0 REVERT`]: 'out of gas',
  [`${HUGE} 0 0 0 0 0 0 CALL`]: 'out of gas',
  [`${HUGE} 0 0 CREATE`]: 'max initcode size exceeded',
};

for (const [code, error] of Object.entries(halts)) {
  test(`${code.replace(HUGE, '2^256 − 1')}: ${error}, all gas used, nothing changed`, () => {
    const world = new World('prague').put(CONTRACT, { balance: 5n });
    const execution = world.run(`1 0 SSTORE 0 0 LOG0 ${code}`, { value: 3n });
    assert.deepEqual([execution.status, execution.error], [0, error]);
    assert.equal(execution.gasUsed, 1_000_000n);
    assert.deepEqual(execution.logs, []);
    assert.equal(execution.output.length, 0);
    assert.equal(world.slots.size, 0);
    assert.equal(world.balance(CONTRACT), 5n);
  });
}

test('1,024 words fit on the stack, and DUP16 and SWAP16 reach as far as they say', () => {
  const world = new World('prague');
  const words = (count: number) => Array.from({ length: count }, (_, i) => i % 100).join(' ');
  assert.equal(world.run(words(1024)).error, undefined);
  assert.equal(world.run(words(1025)).error, 'stack overflow');
  assert.equal(world.run(`${words(1024)} DUP1`).error, 'stack overflow');
  assert.equal(world.topOf(`7 ${words(15)} DUP16`), 7n);
  assert.equal(world.topOf(`7 ${words(16)} SWAP16`), 7n);
  assert.equal(world.run(`${words(15)} DUP16`).error, 'stack underflow');
  assert.equal(world.run(`${words(16)} SWAP16`).error, 'stack underflow');
});

test('code ends in STOP, also in the middle of a push', () => {
  const world = new World('prague');
  assert.equal(world.run(Uint8Array.of(0x60)).error, undefined);
  assert.equal(world.run(Uint8Array.of(0x7f, 1)).error, undefined);
  assert.equal(world.run(new Uint8Array(0)).gasUsed, 21_000n);
});

test('time: what has run for too long is refused, and leaves nothing', () => {
  const callItself = '0 0 0 0 0 ADDRESS GAS CALL';
  const ecMultiply = '64 0 96 0 0 7 GAS CALL POP '.repeat(1_000);
  for (const code of [':again @again JUMP', `${callItself} ${callItself}`, ecMultiply]) {
    const world = new World('prague').put(CONTRACT, { code });
    let asked = 0;
    world.expired = () => ++asked > 5;
    const outcome = world.tryCall({ gasLimit: 2n ** 34n });
    assert.deepEqual(outcome, { outcome: 'refused', refusal: { reason: 'timeout' } }, code.slice(0, 20));
    world.expired = () => false;
    assert.equal(world.topOf('7'), 7n, 'the same EVM is as good as new');
  }
});

test('gas of more than 2^53 is counted exactly', () => {
  const world = new World('prague').put(CONTRACT, { code: 'GAS 0 MSTORE 32 0 RETURN' });
  const gasLimit = 2n ** 63n + 12_345n;
  assert.equal(numberIn(world.call({ gasLimit }).output), gasLimit - 21_000n - 2n);
  const nested = world.put(addressOf(0xee), { code: '32 0 0 0 0 0xc0de GAS CALL POP 32 0 RETURN' });
  const { output, gasUsed } = nested.call({ to: addressOf(0xee), gasLimit });
  const atCall = gasLimit - 21_000n - 6n * 3n - 2n - 3n - 2_600n;
  assert.equal(numberIn(output), atCall - atCall / 64n - 2n);
  assert.ok(gasUsed < 30_000n);
});

test('how much gas there is does not change how much is used', () => {
  // Calls itself as often as its data say.
  const code = '0 CALLDATALOAD DUP1 @more JUMPI STOP :more 1 SWAP1 SUB 0 MSTORE 0 0 32 0 0 ADDRESS GAS CALL';
  const world = new World('prague').put(CONTRACT, { code });
  const used = (gasLimit: bigint) => world.call({ gasLimit, data: word(600n) }).gasUsed;
  assert.equal(used(2n ** 63n), used(2n ** 36n));
});

test('an exception of a reader’s passes through, and the EVM can be used again', () => {
  const evm = createEvm();
  const broken = new World('prague', evm).put(CONTRACT, { code: '0 SLOAD' });
  broken.storage = () => {
    throw new Error('no such disk');
  };
  assert.throws(() => broken.call(), /no such disk/);
  const world = new World('prague', evm).put(CONTRACT, { code: '0 SLOAD' });
  assert.equal(world.call().status, 1);
  assert.equal(world.account(ALICE)?.balance, 10n ** 18n);
});
