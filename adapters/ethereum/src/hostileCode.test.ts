/**
 * Code that means harm halts: all gas used where that is the rule, nothing else changed, in bounded time (reliability,
 * "Ethereum adapter").
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { createAddress } from './codec/address.js';
import { refusalText } from './refusal.js';
import { TABLES } from './tables.js';
import { assemble, initcode } from './testing/assemble.js';
import type { Signer } from './testing/signer.js';
import { createTestChain, type TestChain } from './testing/testChain.js';
import type { EthereumTransactionReceipt } from './types.js';

const GAS = 1_000_000n;
const HUGE = `0x${'ff'.repeat(32)}`;

/** Deploys code and calls it with `gas`; the storage write at its start must be undone when it halts. */
async function call(source: string, gas = GAS, chain = createTestChain()): Promise<Called> {
  const [alice] = chain.signers as [Signer];
  const contract = createAddress(alice.address, 0n);
  await chain.execute([chain.transaction(alice, { data: initcode(assemble(`0x01 0x00 SSTORE ${source}`)) })]);
  const start = performance.now();
  const { results } = await chain.execute([chain.transaction(alice, { to: contract, gasLimit: gas })]);
  const elapsedMs = performance.now() - start;
  const result = results[0];
  assert.equal(
    result?.kind,
    'executed',
    JSON.stringify(result, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
  );
  if (result?.kind !== 'executed') throw new Error('unreachable');
  const slots = [...chain.store.read(chain.store.head).range(TABLES.storage)].length;
  return { receipt: result.receipt, slots, elapsedMs, chain };
}

interface Called {
  readonly receipt: EthereumTransactionReceipt;
  readonly slots: number;
  readonly elapsedMs: number;
  readonly chain: TestChain;
}

const halts: Readonly<Record<string, string>> = {
  'MSTORE at 2^64': `0x01 0x010000000000000000 MSTORE`,
  'memory of 1 GiB': `0x01 0x40000000 MSTORE`,
  'CALLDATACOPY of 2^256 - 1 bytes': `${HUGE} 0x00 0x00 CALLDATACOPY`,
  'KECCAK256 of a huge range': `${HUGE} 0x00 KECCAK256`,
  'LOG of a huge range': `${HUGE} 0x00 LOG0`,
  'RETURN of a huge range': `${HUGE} 0x00 RETURN`,
  'RETURNDATACOPY out of bounds': `0x01 0x00 0x00 RETURNDATACOPY`,
  'a jump into the data of a push': `0x09 JUMP 0x5b`,
  'a jump far outside': `${HUGE} JUMP`,
  'an endless loop': `:loop @loop JUMP`,
  'an unknown opcode': 'INVALID',
  'an empty stack': 'POP',
  'a stack of 1,025': `:loop 0x01 @loop JUMP`,
};

for (const [what, source] of Object.entries(halts)) {
  test(`${what} halts: all gas used, nothing written`, async () => {
    const { receipt, slots, elapsedMs } = await call(source);
    assert.equal(receipt.status, 0);
    assert.equal(receipt.gasUsed, GAS);
    assert.equal(slots, 0);
    assert.ok(elapsedMs < 5_000, `${elapsedMs} ms`);
  });
}

/** Calls the precompile at `address` with `words` of input, and keeps its success in slot 1. */
function precompile(address: number, words: readonly string[], size: number): string {
  const stores = words.map((word, index) => `${word} ${32 * index} MSTORE`).join(' ');
  return `${stores} 0x20 0x00 ${size} 0x00 ${address} GAS STATICCALL 0x01 SSTORE`;
}

const survived: Readonly<Record<string, string>> = {
  'MODEXP with lengths of 2^256 - 1': precompile(5, [HUGE, HUGE, HUGE], 96),
  'MODEXP with operands of 1,025 bytes (EIP-7823)': precompile(5, ['1025', '1025', '1025'], 96),
  'ecrecover of garbage': precompile(1, [HUGE, '27', HUGE, HUGE], 128),
  'ecrecover with v of 2^256 - 1': precompile(1, ['1', HUGE, '1', '1'], 128),
  'addition of points that are not on the curve': precompile(6, ['1', '1', '1', '1'], 128),
  'a pairing of points that are not on the curve': precompile(8, ['1', '1', '1', '1', '1', '1'], 192),
  'a pairing of an odd size': precompile(8, ['1'], 31),
  'blake2f with too many rounds': precompile(9, [HUGE], 213),
  'a point evaluation of garbage': precompile(10, ['1', '1', '1'], 192),
  'a point evaluation of no input': precompile(10, [], 0),
};

for (const [what, source] of Object.entries(survived)) {
  test(`${what}: the precompile fails or answers nothing, in bounded time`, async () => {
    const { receipt, elapsedMs } = await call(source, 10_000_000n);
    assert.ok(receipt.gasUsed <= 10_000_000n);
    assert.ok(elapsedMs < 10_000, `${elapsedMs} ms`);
  });
}

test('1,025 calls deep: the last one fails, the others go on (without more gas than a sixty-fourth is kept)', async () => {
  // Calls itself with all gas; each level that comes back adds one to slot 1.
  const source = `0x00 0x00 0x00 0x00 0x00 ADDRESS GAS CALL POP 0x01 SLOAD 0x01 ADD 0x01 SSTORE`;
  const { receipt, elapsedMs } = await call(source, 16_000_000n);
  assert.equal(receipt.status, 1);
  assert.ok(elapsedMs < 10_000, `${elapsedMs} ms`);
});

test('code of 24,577 bytes is not deployed (EIP-170); 24,576 bytes are', async () => {
  for (const [size, status] of [
    [24_576, 1],
    [24_577, 0],
  ] as const) {
    const chain = createTestChain();
    const [alice] = chain.signers as [Signer];
    const data = assemble(`${size} 0x00 RETURN`);
    const { results } = await chain.execute([chain.transaction(alice, { data, gasLimit: 10_000_000n })]);
    const [result] = results;
    assert.ok(result?.kind === 'executed');
    assert.equal(result.receipt.status, status);
    assert.equal([...chain.store.read(chain.store.head).range(TABLES.code)].length, status);
  }
});

test('code that begins with 0xef is not deployed (EIP-3541)', async () => {
  const chain = createTestChain();
  const [alice] = chain.signers as [Signer];
  const { results } = await chain.execute([
    chain.transaction(alice, { data: assemble('0xef 0x00 MSTORE8 0x01 0x00 RETURN') }),
  ]);
  assert.ok(results[0]?.kind === 'executed' && results[0].receipt.status === 0);
});

test('a contract that destroys itself where it was made is gone (EIP-6780)', async () => {
  const chain = createTestChain();
  const [alice] = chain.signers as [Signer];
  const { results } = await chain.execute([
    chain.transaction(alice, { data: assemble('0x01 0x00 SSTORE CALLER SELFDESTRUCT'), value: 5n }),
  ]);
  assert.ok(results[0]?.kind === 'executed' && results[0].receipt.status === 1);
  const reader = chain.store.read(chain.store.head);
  assert.ok(!reader.has(TABLES.accounts, createAddress(alice.address, 0n)));
  assert.equal([...reader.range(TABLES.storage)].length, 0);
});

test('what runs longer than allowed is refused whatever its gas, and changes nothing', async () => {
  let now = 0;
  const settings = { executionMsMax: 50, transactionGasMax: 2n ** 40n };
  const chain = createTestChain({
    fork: 'cancun',
    settings,
    elapsedMs: () => now++,
    genesis: { gasLimit: 2 ** 40 },
  });
  const [alice, bob] = chain.signers as [Signer, Signer];
  // Code that loops, and code without a jump that calls itself, twice at each depth.
  const callItself = '0x00 0x00 0x00 0x00 0x00 ADDRESS GAS CALL';
  for (const source of [':loop @loop JUMP', `${callItself} ${callItself}`]) {
    const deployed = await chain.execute([chain.transaction(alice, { data: initcode(assemble(source)) })]);
    const contract =
      deployed.results[0]?.kind === 'executed' ? deployed.results[0].receipt.contractAddress : undefined;
    assert.ok(contract !== undefined);
    const { results, writeSet } = await chain.execute([
      bob.sign({ ...BLANK, nonce: 0n, to: contract, gasLimit: 2n ** 39n } as never),
    ]);
    assert.ok(results[0]?.kind === 'refused', toHex(contract));
    assert.equal(refusalText(results[0].refusal), 'execution aborted (timeout)');
    assert.deepEqual(writeSet, []);
  }
  const after = await chain.execute([
    bob.sign({ ...BLANK, nonce: 0n, to: alice.address, gasLimit: 21_000n } as never),
  ]);
  assert.ok(after.results[0]?.kind === 'executed', 'the engine is as good as new');
});

const BLANK = {
  type: 2,
  chainId: 1337n,
  maxPriorityFeePerGas: 0n,
  maxFeePerGas: 0n,
  value: 0n,
  data: new Uint8Array(0),
  accessList: [],
} as const;
