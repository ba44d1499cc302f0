/** What instructions cost, by fork: yellow paper, appendix G, and the EIPs that changed it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORKS } from '../forks.js';
import { addressOf, CONTRACT, World } from '../testing/world.js';
import type { ForkName } from '../types.js';

const TRANSACTION = 21_000;

/** Gas of `code` beyond the transaction's own. */
function gasOf(fork: ForkName, code: string, world = new World(fork)): number {
  const execution = world.run(code, { gasLimit: 2_000_000n });
  assert.equal(execution.error, undefined, `${fork}: ${code}`);
  return Number(execution.gasUsed) - TRANSACTION;
}

/** Gas of all instructions but pushes, from the named fork on until the next. */
type Prices = Readonly<Partial<Record<ForkName, number>>>;

const byFork: readonly (readonly [what: string, code: string, prices: Prices])[] = [
  [
    'EIP-150, 1884, 2929: SLOAD',
    '0 SLOAD',
    { frontier: 50, tangerineWhistle: 200, istanbul: 800, berlin: 2100 },
  ],
  [
    'EIP-2929: SLOAD again',
    '0 SLOAD 0 SLOAD',
    { frontier: 100, tangerineWhistle: 400, istanbul: 1600, berlin: 2200 },
  ],
  [
    'EIP-150, 1884, 2929: BALANCE',
    '99 BALANCE',
    { frontier: 20, tangerineWhistle: 400, istanbul: 700, berlin: 2600 },
  ],
  ['EIP-150, 2929: EXTCODESIZE', '99 EXTCODESIZE', { frontier: 20, tangerineWhistle: 700, berlin: 2600 }],
  ['EIP-2929: a precompile is warm', '4 EXTCODESIZE', { frontier: 20, tangerineWhistle: 700, berlin: 100 }],
  [
    'EIP-1052, 1884, 2929: EXTCODEHASH',
    '99 EXTCODEHASH',
    { constantinople: 400, istanbul: 700, berlin: 2600 },
  ],
  ['EIP-160: EXP', '0xffff 2 EXP', { frontier: 30, spuriousDragon: 110 }],
  ['EIP-145: SHL', '1 1 SHL', { constantinople: 3 }],
  ['EIP-1344: CHAINID', 'CHAINID', { istanbul: 2 }],
  ['EIP-1884: SELFBALANCE', 'SELFBALANCE', { istanbul: 5 }],
  ['EIP-3198: BASEFEE', 'BASEFEE', { london: 2 }],
  ['EIP-3855: PUSH0', 'PUSH0', { shanghai: 2 }],
  ['EIP-1153: TLOAD', '0 TLOAD', { cancun: 100 }],
  ['EIP-4844: BLOBHASH', '0 BLOBHASH', { cancun: 3 }],
  ['EIP-7516: BLOBBASEFEE', 'BLOBBASEFEE', { cancun: 2 }],
  ['EIP-5656: MCOPY of two words', '33 0 0 MCOPY', { cancun: 3 + 6 + 6 }],
  ['EIP-7939: CLZ', '0 CLZ', { osaka: 5 }],
];

for (const [what, code, prices] of byFork) {
  test(what, () => {
    const pushes = code.split(' ').filter((text) => /^\d/.test(text)).length;
    let price: number | undefined;
    for (const fork of FORKS) {
      price = prices[fork] ?? price;
      if (price === undefined) assert.equal(new World(fork).run(code).error, 'invalid opcode', fork);
      else assert.equal(gasOf(fork, code), price + 3 * pushes, fork);
    }
  });
}

test('memory costs three gas a word, and its square over 512', () => {
  for (const [offset, words] of [
    [0, 1],
    [1, 2],
    [32 * 723, 724],
    [32 * 10_000, 10_001],
  ] as const) {
    const memory = 3 * words + Math.floor((words * words) / 512);
    assert.equal(gasOf('prague', `1 ${offset} MSTORE`), 9 + memory);
  }
});

test('KECCAK256 costs 30 and six a word, LOG eight a byte, copies three a word', () => {
  assert.equal(gasOf('prague', '33 0 KECCAK256'), 6 + 30 + 12 + 6);
  assert.equal(gasOf('prague', '1 2 33 0 LOG2'), 12 + 375 * 3 + 8 * 33 + 6);
  assert.equal(gasOf('prague', '33 0 0 CALLDATACOPY'), 9 + 3 + 6 + 6);
});

test('EIP-150, 158: what a call costs besides what it gives', () => {
  const call = (value: number) => `0 0 0 0 ${value} 0xee 0 CALL`;
  const pushes = 21;
  const rich = (fork: ForkName) => new World(fork).put(CONTRACT, { balance: 5n });
  assert.equal(gasOf('frontier', call(0)), pushes + 40 + 25_000);
  assert.equal(gasOf('tangerineWhistle', call(0)), pushes + 700 + 25_000);
  assert.equal(gasOf('spuriousDragon', call(0)), pushes + 700);
  // The stipend comes back, since nothing runs.
  assert.equal(
    gasOf('spuriousDragon', call(1), rich('spuriousDragon')),
    pushes + 700 + 9_000 + 25_000 - 2_300,
  );
  assert.equal(gasOf('berlin', call(0)), pushes + 2_600);
  const there = rich('berlin').put(addressOf(0xee), { balance: 1n });
  assert.equal(gasOf('berlin', call(1), there), pushes + 2_600 + 9_000 - 2_300);
});

test('EIP-150: a call gets all but a sixty-fourth of the gas, whatever it asks for', () => {
  const callee = addressOf(0xee);
  const source = '32 0 0 0 0 0xee 0xffffffffffff CALL POP 32 0 RETURN';
  const world = new World('byzantium').put(callee, { code: 'GAS 0 MSTORE 32 0 RETURN' });
  const output = BigInt(`0x${Buffer.from(world.run(source).output).toString('hex')}`);
  // Seven pushes, one word of memory, and the call's own 700 are paid first.
  const left = 1_000_000 - TRANSACTION - 21 - 3 - 700;
  assert.equal(Number(output), left - Math.floor(left / 64) - 2);
  const before = new World('homestead').put(callee, { code: 'STOP' });
  assert.equal(before.run(source).error, 'out of gas');
});

test('EIP-2929: what a reverted call accessed is cold again', () => {
  const world = new World('berlin').put(addressOf(0xee), { code: '77 BALANCE POP 0 0 REVERT' });
  const call = '0 0 0 0 0xee 100000 STATICCALL POP';
  const again = gasOf('berlin', `${call} 77 BALANCE`, world) - gasOf('berlin', call, world);
  assert.equal(again, 3 + 2_600);
});

test('EIP-2930: what the access list names is warm', () => {
  const world = new World('berlin').put(CONTRACT, { code: '0 SLOAD 77 BALANCE' });
  const slot = new Uint8Array(32);
  const plain = world.call();
  const listed = world.call({
    accessList: [
      { address: CONTRACT, storageKeys: [slot] },
      { address: addressOf(77), storageKeys: [] },
    ],
  });
  const paid = 2 * 2_400 + 1_900;
  assert.equal(listed.gasUsed - plain.gasUsed, BigInt(paid - 2_000 - 2_500));
});

test('EIP-3651: the coinbase is warm from Shanghai on', () => {
  assert.equal(gasOf('paris', 'COINBASE BALANCE'), 2 + 2_600);
  assert.equal(gasOf('shanghai', 'COINBASE BALANCE'), 2 + 100);
});
