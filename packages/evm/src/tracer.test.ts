/** Hooks see every call and every instruction, and change nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { opcodeName } from './interpreter/opcodes.js';
import { addressOf, CONTRACT, World } from './testing/world.js';
import type { TracedCall, TracedResult, Tracer } from './tracer.js';

const CALLEE = addressOf(0xee);

function worldWith(): World {
  const code =
    '5 0 MSTORE 32 0 0 0 1 0xee 50000 CALL POP 0 0 0 CREATE POP 0 0 0 0 0xdd 1000 DELEGATECALL POP';
  return new World('prague')
    .put(CONTRACT, { code, balance: 9n, nonce: 1n })
    .put(CALLEE, { code: '1 0 SSTORE 2 0 MSTORE 32 0 REVERT' });
}

test('calls begin and end in order, with what they were given and gave', () => {
  const seen: [string, TracedCall | TracedResult][] = [];
  const tracer: Tracer = {
    enter: (call) => seen.push([`${call.kind} ${call.depth}`, call]),
    exit: (result) => seen.push([`end ${result.depth}`, result]),
  };
  const world = worldWith();
  const plain = worldWith().call();
  const traced = world.call({}, tracer);
  assert.deepEqual(traced, plain);
  assert.deepEqual(
    seen.map(([what]) => what),
    ['CALL 0', 'CALL 1', 'end 1', 'CREATE 1', 'end 1', 'DELEGATECALL 1', 'end 1', 'end 0'],
  );
  const [, [, inner], [, ended]] = seen as [unknown, [string, TracedCall], [string, TracedResult]];
  assert.deepEqual([toHex(inner.from), toHex(inner.to), inner.value], [toHex(CONTRACT), toHex(CALLEE), 1n]);
  assert.equal(inner.gas, 50_000 + 2_300);
  assert.equal(ended.error, 'revert');
  assert.equal(ended.output[31], 2);
  assert.ok(ended.gasUsed > 22_100 && ended.gasUsed < 23_000);
  const [, last] = seen.at(-1) as [string, TracedResult];
  assert.equal(BigInt(last.gasUsed) + 21_000n, traced.gasUsed);
});

test('instructions come with stack, memory and gas as they are before them', () => {
  const steps: string[] = [];
  const world = worldWith();
  const tracer: Tracer = {
    step(step) {
      if (step.depth > 0) return;
      const top = step.stack().at(-1);
      steps.push(`${step.pc} ${opcodeName(step.opcode)} ${top ?? '-'} ${step.memory().length} ${step.gas}`);
      assert.deepEqual(step.address, CONTRACT);
    },
  };
  world.call({}, tracer);
  assert.deepEqual(steps.slice(0, 4), [
    '0 PUSH1 - 0 979000',
    '2 PUSH1 5 0 978997',
    '4 MSTORE 0 0 978994',
    '5 PUSH1 - 32 978988',
  ]);
  assert.ok(steps.at(-1)?.includes('STOP'));
});

test('what the state is asked for is the state before: each account and slot once', () => {
  const asked: string[] = [];
  const world = new World('prague').put(CONTRACT, {
    code: '0 SLOAD 1 ADD 0 SSTORE 0 SLOAD POP',
    storage: { 0: 7n },
  });
  const { account, storage } = world;
  world.account = (address) => {
    asked.push(toHex(address));
    return account.call(world, address);
  };
  world.storage = (address, slot) => {
    asked.push(`${toHex(address)}/${toHex(slot)}`);
    return storage.call(world, address, slot);
  };
  world.call();
  assert.equal(asked.length, new Set(asked).size);
  assert.equal(asked.filter((what) => what.includes('/')).length, 1);
});
