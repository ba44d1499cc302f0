/** What SSTORE costs and gives back, by the tables of EIP-2200 and EIP-3529, and by the rules before and between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Journal } from '../journal/journal.js';
import { ALICE, CONTRACT, hex, World } from '../testing/world.js';
import { beginCall } from '../transaction/settle.js';
import type { ForkName } from '../types.js';
import { Machine } from './machine.js';
import { ProgramCache } from './program.js';
import { runMessage } from './runMessage.js';

const NOTHING = new Uint8Array(0);
const machine = new Machine(new ProgramCache(1_000_000));

/** Gas and counter of refunds of `code`, whose slot 0 holds `original`; the slot is accessed already. */
function meter(fork: ForkName, code: string, original: number): readonly [used: number, refund: number] {
  const world = new World(fork).put(CONTRACT, { code: hex(code), storage: { 0: BigInt(original) } });
  const { context } = world;
  const accessList = [{ address: CONTRACT, storageKeys: [new Uint8Array(32)] }];
  const message = { from: ALICE, to: CONTRACT, gasLimit: 1_000_000n, gasPrice: 0n, value: 0n, data: NOTHING };
  const beginning = beginCall({ ...message, accessList }, new Journal(world), context, () => undefined);
  assert.ok(beginning.outcome === 'begun');
  const { gasUsed, gasRefund, error } = runMessage(machine, beginning.begun);
  assert.equal(error, undefined);
  return [Number(gasUsed), Number(gasRefund)];
}

/** Code, original value, and per fork gas and refund: EIP-2200, "Test cases"; EIP-3529, "Test cases". */
const cases: readonly (readonly [
  code: string,
  original: number,
  istanbul: readonly [number, number],
  london: readonly [number, number],
])[] = [
  ['60006000556000600055', 0, [1612, 0], [212, 0]],
  ['60006000556001600055', 0, [20812, 0], [20112, 0]],
  ['60016000556000600055', 0, [20812, 19200], [20112, 19900]],
  ['60016000556002600055', 0, [20812, 0], [20112, 0]],
  ['60016000556001600055', 0, [20812, 0], [20112, 0]],
  ['60006000556000600055', 1, [5812, 15000], [3012, 4800]],
  ['60006000556001600055', 1, [5812, 4200], [3012, 2800]],
  ['60006000556002600055', 1, [5812, 0], [3012, 0]],
  ['60026000556000600055', 1, [5812, 15000], [3012, 4800]],
  ['60026000556003600055', 1, [5812, 0], [3012, 0]],
  ['60026000556001600055', 1, [5812, 4200], [3012, 2800]],
  ['60026000556002600055', 1, [5812, 0], [3012, 0]],
  ['60016000556000600055', 1, [5812, 15000], [3012, 4800]],
  ['60016000556002600055', 1, [5812, 0], [3012, 0]],
  ['60016000556001600055', 1, [1612, 0], [212, 0]],
  ['600160005560006000556001600055', 0, [40818, 19200], [40118, 19900]],
  ['600060005560016000556000600055', 1, [10818, 19200], [5918, 7600]],
];

for (const [code, original, istanbul, london] of cases) {
  test(`EIP-2200, 3529: ${code} over ${original}`, () => {
    assert.deepEqual(meter('istanbul', code, original), istanbul);
    assert.deepEqual(meter('london', code, original), london);
    assert.deepEqual(meter('osaka', code, original), london);
  });
}

test('EIP-2929: what Berlin gives back is what Istanbul did, less the first access', () => {
  assert.deepEqual(meter('berlin', '60016000556000600055', 0), [20112, 19900]);
  assert.deepEqual(meter('berlin', '60006000556001600055', 1), [3012, 2800]);
  assert.deepEqual(meter('berlin', '60006000556000600055', 1), [3012, 15000]);
});

test('EIP-1283 held in Constantinople alone', () => {
  assert.deepEqual(meter('constantinople', '60016000556000600055', 0), [20212, 19800]);
  for (const fork of ['byzantium', 'petersburg'] as const) {
    assert.deepEqual(meter(fork, '60016000556000600055', 0), [25012, 15000]);
  }
});

test('EIP-2200: with 2,300 gas left nothing is written', () => {
  const world = new World('istanbul');
  const used = 21_000n + 6n;
  assert.equal(world.run('0 0 SSTORE', { gasLimit: used + 2_300n }).error, 'out of gas');
  assert.equal(new World('petersburg').run('0 0 SSTORE', { gasLimit: used + 5_000n }).error, undefined);
  assert.equal(world.run('0 0 SSTORE', { gasLimit: used + 2_301n }).error, undefined);
});

test('EIP-3529: at most a fifth of the gas is given back, before London half of it', () => {
  const code = '0 0 SSTORE 0 1 SSTORE 0 2 SSTORE 0 3 SSTORE 0 4 SSTORE';
  const storage = { 0: 1n, 1: 1n, 2: 1n, 3: 1n, 4: 1n };
  const gas = (fork: ForkName) => new World(fork).put(CONTRACT, { code, storage }).call().gasUsed;
  const berlin = 21_000n + 5n * (6n + 5_000n);
  assert.equal(gas('berlin'), berlin - berlin / 2n);
  assert.equal(gas('london'), berlin - berlin / 5n);
});

test('EIP-1153: transient storage is the transaction’s, and what is reverted is undone', () => {
  const world = new World('cancun');
  const callee = '0x00000000000000000000000000000000000000ee';
  world.put(hex(callee.slice(2)), { code: '7 0 TSTORE 0 0 REVERT' });
  assert.equal(world.topOf('5 0 TSTORE 0 TLOAD'), 5n);
  assert.equal(world.topOf('0 TLOAD'), 0n, 'gone with the transaction');
  assert.equal(world.topOf('5 0 TSTORE 0 0 0 0 0xee GAS DELEGATECALL POP 0 TLOAD'), 5n);
  assert.deepEqual(world.slots.size, 0);
});
