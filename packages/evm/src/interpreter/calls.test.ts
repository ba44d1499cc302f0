/** Calls between contracts: EIP-7, 140, 150, 161, 211, 214, and the limits of depth and memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { createEvm } from '../createEvm.js';
import type { Precompile } from '../precompiles/types.js';
import { ALICE, addressOf, CONTRACT, numberIn, World, word } from '../testing/world.js';

const CALLEE = addressOf(0xee);
const call = (kind: string, value = '') => `32 0 0 0 ${value} 0xee GAS ${kind}`;
const RETURN_OUTPUT = 'POP 32 0 RETURN';
const returns = (what: string) => `${what} 0 MSTORE 32 0 RETURN`;

function worldWith(code: string, balance = 0n): World {
  return new World('prague').put(CALLEE, { code }).put(CONTRACT, { balance });
}

test('who is caller, whose storage, which value: CALL, CALLCODE, DELEGATECALL, STATICCALL (EIP-7, 214)', () => {
  const seen = (kind: string, value: string, what: string) =>
    numberIn(worldWith(returns(what), 9n).run(`${call(kind, value)} ${RETURN_OUTPUT}`, { value: 5n }).output);
  const [alice, contract, callee] = [ALICE, CONTRACT, CALLEE].map(numberIn);
  assert.deepEqual([seen('CALL', '3', 'CALLER'), seen('CALL', '3', 'ADDRESS')], [contract, callee]);
  assert.deepEqual([seen('CALLCODE', '3', 'CALLER'), seen('CALLCODE', '3', 'ADDRESS')], [contract, contract]);
  assert.deepEqual(
    [seen('DELEGATECALL', '', 'CALLER'), seen('DELEGATECALL', '', 'ADDRESS')],
    [alice, contract],
  );
  assert.deepEqual([seen('STATICCALL', '', 'CALLER'), seen('STATICCALL', '', 'ADDRESS')], [contract, callee]);
  const values = [seen('CALL', '3', 'CALLVALUE'), seen('CALLCODE', '3', 'CALLVALUE')];
  assert.deepEqual(values, [3n, 3n]);
  assert.deepEqual([seen('DELEGATECALL', '', 'CALLVALUE'), seen('STATICCALL', '', 'CALLVALUE')], [5n, 0n]);
  assert.equal(seen('CALL', '3', 'ORIGIN'), alice);
});

test('value moves with CALL alone, and comes back when the call fails', () => {
  const world = worldWith('STOP', 9n);
  world.run(`${call('CALL', '3')} POP ${call('CALLCODE', '3')}`);
  assert.deepEqual([world.balance(CALLEE), world.balance(CONTRACT)], [3n, 6n]);
  const failing = worldWith('INVALID'.replace('INVALID', '0 JUMP'), 9n);
  failing.run(call('CALL', '3'));
  assert.deepEqual([failing.balance(CALLEE), failing.balance(CONTRACT)], [0n, 9n]);
});

test('a call that cannot be paid for does not happen, and costs no gas of its own', () => {
  const world = worldWith('1 0 SSTORE', 2n);
  assert.equal(world.topOf(call('CALL', '3')), 0n);
  assert.equal(world.slot(0, CALLEE), 0n);
  const { gasUsed } = worldWith('1 0 SSTORE').run(call('CALL', '3'));
  assert.ok(gasUsed < 21_000n + 15_000n);
});

test('EIP-140: REVERT undoes, gives back gas, and its data can be read', () => {
  const world = worldWith('1 0 SSTORE 0xbad 0 MSTORE 32 0 REVERT');
  assert.equal(world.topOf(call('CALL', '0')), 0n);
  assert.equal(world.slot(0, CALLEE), 0n);
  const execution = world.run(`${call('CALL', '0')} POP RETURNDATASIZE ${RETURN_OUTPUT}`);
  assert.equal(numberIn(execution.output), 0xbadn);
  assert.ok(execution.gasUsed < 60_000n);
  const reverted = world.run('1 0 SSTORE 0xbad 0 MSTORE 32 0 REVERT');
  assert.deepEqual([reverted.status, reverted.error, numberIn(reverted.output)], [0, 'revert', 0xbadn]);
  assert.equal(world.slot(0), 0n);
});

test('EIP-211: what is returned stays readable; reading beyond it halts, even reading nothing there', () => {
  const world = worldWith(returns('7'));
  assert.equal(world.topOf(`0 0 0 0 0 0xee GAS CALL POP RETURNDATASIZE`), 32n);
  assert.equal(world.topOf(`0 0 0 0 0 0xee GAS CALL POP 32 0 0 RETURNDATACOPY 0 MLOAD`), 7n);
  for (const range of ['33 0', '1 32', '0 33', '0xffffffffffffffffff 0']) {
    const { error } = world.run(`0 0 0 0 0 0xee GAS CALL POP ${range} 0 RETURNDATACOPY`);
    assert.equal(error, 'return data out of bounds', range);
  }
  assert.equal(world.topOf(`0 0 0 0 0 0xee GAS CALL POP 0 0 0 0 0 0xdd GAS CALL POP RETURNDATASIZE`), 0n);
});

test('EIP-214: within a static call nothing can be changed, however deep', () => {
  const changes = [
    '1 0 SSTORE',
    '1 0 TSTORE',
    '0 0 LOG0',
    '0 0 0 CREATE',
    '0 0 0 0 CREATE2',
    '0 SELFDESTRUCT',
  ];
  for (const change of [...changes, '0 0 0 0 1 0xdd GAS CALL']) {
    const world = worldWith(change, 9n).put(CALLEE, { code: change, balance: 5n });
    assert.equal(world.topOf(call('STATICCALL')), 0n, change);
    assert.equal(world.topOf(call('CALL', '0')), 1n, change);
    const deeper = worldWith('0 0 0 0 0xdd GAS DELEGATECALL 0 MSTORE 32 0 RETURN');
    deeper.put(addressOf(0xdd), { code: change });
    assert.equal(numberIn(deeper.run(`${call('STATICCALL')} ${RETURN_OUTPUT}`).output), 0n, change);
  }
});

test('calls nest 1,024 deep, without the stack of JavaScript', () => {
  // Counts in slot 0 how many frames were entered.
  const world = new World('homestead');
  const code = '0 SLOAD 1 ADD 0 SSTORE 0 0 0 0 0 ADDRESS 30000 GAS SUB CALL';
  const execution = world.run(code, { gasLimit: 2n ** 36n });
  assert.equal(execution.error, undefined);
  assert.equal(world.slot(0), 1025n);
});

test('frames of any depth keep their stacks and memories apart', () => {
  const world = new World('prague');
  // f(n) = n + f(n − 1), kept in memory and on the stack across the call.
  world.put(CALLEE, {
    code: `0 CALLDATALOAD DUP1 @more JUMPI 0 0 MSTORE 32 0 RETURN
      :more DUP1 64 MSTORE 1 SWAP1 SUB 0 MSTORE 32 0 32 0 0 0xee GAS CALL POP
      0 MLOAD 64 MLOAD ADD 0 MSTORE 32 0 RETURN`,
  });
  for (const n of [0n, 1n, 10n, 500n]) {
    const { output } = world.call({ to: CALLEE, data: word(n), gasLimit: 2n ** 38n });
    assert.equal(numberIn(output), (n * (n + 1n)) / 2n);
  }
});

test('memory is zero in every new frame', () => {
  const world = worldWith(returns('32 MLOAD 0 MLOAD ADD 64 MLOAD ADD'));
  const fill = '0 NOT 0 MSTORE 0 NOT 32 MSTORE';
  assert.equal(world.topOf(`${fill} ${call('CALL', '0')} POP ${call('CALL', '0')} POP 0 MLOAD`), 0n);
});

test('what a precompile returned does not change with the memory that it was given', () => {
  const world = new World('prague');
  const long = '0 0 2000 0 0 4 GAS CALL POP';
  assert.equal(world.topOf(`7 0 MSTORE ${long} 9 0 MSTORE 32 0 0 RETURNDATACOPY 0 MLOAD`), 7n);
});

test('a precompile can be replaced, and others added', () => {
  const echo = { name: 'ECHO', gas: () => 10, run: (input: Uint8Array) => input.map((byte) => byte + 1) };
  const fails = { name: 'FAILS', gas: () => 10, run: () => undefined };
  const additional = new Map<string, Precompile>([
    [toHex(addressOf(4)), echo],
    [toHex(addressOf(0xcafe)), echo],
    [toHex(addressOf(0xdead)), fails],
  ]);
  const world = new World('prague', createEvm({ additional }));
  for (const address of ['4', '0xcafe']) {
    const code = `41 0 MSTORE 32 0 32 0 0 ${address} GAS CALL ${RETURN_OUTPUT}`;
    assert.equal(world.run(code).output[31], 42);
  }
  const execution = world.run('32 0 32 0 0 0xdead 50000 CALL 0 MSTORE 32 0 RETURN');
  assert.equal(numberIn(execution.output), 0n);
  assert.ok(execution.gasUsed > 21_000n + 50_000n, 'all gas given is gone');
});
