/**
 * The differential fuzzer (testing/fuzz): that it finds what is wrong, and that the engine agrees with the reference.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCocoEvmEngine } from './engine/coco.js';
import { createEthereumjsEngine } from './engine/ethereumjs.js';
import { fuzz } from './testing/fuzz/fuzz.js';
import { accountCode } from './testing/fuzz/fuzzCase.js';
import { generateCase } from './testing/fuzz/generateCase.js';
import type { EvmEngine, ExecutionContext, StateReader } from './types.js';

const reference = createEthereumjsEngine();

/** The reference, but one opcode does what another does. */
function confusing(opcode: number, other: number): EvmEngine {
  const engine = createEthereumjsEngine();
  const changed = (context: ExecutionContext): ExecutionContext => {
    const { state } = context;
    const confused: StateReader = {
      account: (address) => state.account(address),
      code: (codeHash) => state.code(codeHash).map((byte) => (byte === opcode ? other : byte)),
      storage: (address, slot) => state.storage(address, slot),
      hasStorage: (address) => state.hasStorage(address),
      blockHash: (number) => state.blockHash(number),
    };
    return { ...context, state: confused };
  };
  return {
    name: 'confused',
    execute: (item, context) => engine.execute(item, changed(context)),
    call: (message, context) => engine.call(message, changed(context)),
  };
}

test('the fuzzer is deterministic: the same seed, the same case', () => {
  for (const seed of [0, 1, 77, 2 ** 32 - 1]) assert.deepEqual(generateCase(seed), generateCase(seed));
});

test('the engine agrees with the reference in 5,000 random executions', async () => {
  const found = await fuzz({ engine: createCocoEvmEngine(), reference, seed: 1, executions: 5_000 });
  assert.equal(found.map(({ report }) => report).join('\n\n'), '');
});

test('a creation that reverts with 0xEF keeps its gas: EIP-3541 is about code that is deployed', async () => {
  const seed = 50_072_467;
  assert.deepEqual(await fuzz({ engine: createCocoEvmEngine(), reference, seed, executions: 1 }), []);
});

test('an engine that takes one opcode for another is found out, with a short program', async () => {
  for (const [opcode, other] of [
    [0x1d, 0x1c], // SAR, SHR
    [0xf1, 0xf2], // CALL, CALLCODE
  ] as const) {
    const engine = confusing(opcode, other);
    const [found] = await fuzz({ engine, reference, seed: 1, executions: 1_000, differencesMax: 1 });
    assert.ok(found !== undefined, `${opcode} is found out`);
    const codes = found.smallest.accounts.map(accountCode);
    assert.ok(codes.some((code) => code.includes(opcode)));
    const bytes = codes.reduce((sum, code) => sum + code.length, 0);
    assert.ok(bytes < 300, `${bytes} bytes are left`);
    assert.match(found.report, /seed \d+/);
  }
});
