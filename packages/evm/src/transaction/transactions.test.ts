/** What a transaction costs and may do: yellow paper, section 6; EIP-1559, 2930, 3607, 3860, 4844, 7623, 7825. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALICE, addressOf, COINBASE, CONTRACT, World, word } from '../testing/world.js';
import type { ForkName, TransactionFields, TransactionOutcome } from '../types.js';

const BOB = addressOf(0xb0b);

function reason(outcome: TransactionOutcome): string {
  return outcome.outcome === 'refused' ? outcome.refusal.reason : outcome.outcome;
}

function gasUsed(outcome: TransactionOutcome): bigint {
  assert.equal(outcome.outcome, 'executed');
  return outcome.outcome === 'executed' ? outcome.execution.gasUsed : 0n;
}

test('EIP-1559: the base fee is burnt, the tip goes to the coinbase, the rest comes back', () => {
  const world = new World('london');
  world.environment = { ...world.environment, baseFee: 10n };
  const before = world.balance(ALICE);
  const fees = { type: 2, maxFeePerGas: 30n, maxPriorityFeePerGas: 5n } as const;
  const outcome = world.send({ ...fees, to: BOB, value: 7n } as Partial<TransactionFields>);
  assert.ok(outcome.outcome === 'executed');
  assert.equal(outcome.effectiveGasPrice, 15n);
  assert.equal(before - world.balance(ALICE), 21_000n * 15n + 7n);
  assert.equal(world.balance(COINBASE), 21_000n * 5n);
  assert.equal(world.balance(BOB), 7n);
  world.send({ ...fees, maxFeePerGas: 12n, to: BOB } as Partial<TransactionFields>);
  assert.equal(world.balance(COINBASE), 21_000n * (5n + 2n), 'the tip is what the cap leaves of it');
});

test('intrinsic gas: zero bytes 4, others 68 and 16 since EIP-2028, creations 32,000 since EIP-2', () => {
  const data = Uint8Array.of(0, 0, 1);
  const gas = (fork: ForkName, fields: Partial<TransactionFields>) => gasUsed(new World(fork).send(fields));
  assert.equal(gas('petersburg', { data }), 21_000n + 8n + 68n);
  assert.equal(gas('istanbul', { data }), 21_000n + 8n + 16n);
  const creation = { to: undefined as never, data: new Uint8Array(33) };
  assert.equal(gas('frontier', creation), 21_000n + 33n * 4n);
  assert.equal(gas('homestead', creation), 53_000n + 33n * 4n);
  assert.equal(gas('shanghai', creation), 53_000n + 33n * 4n + 4n, 'EIP-3860: two a word');
});

test('EIP-7623: at least ten gas a token of data, however little runs', () => {
  const data = new Uint8Array(1000).fill(1);
  assert.equal(gasUsed(new World('cancun').send({ data })), 21_000n + 16_000n);
  assert.equal(gasUsed(new World('prague').send({ data })), 21_000n + 40_000n);
  const refused = new World('prague').send({ data, gasLimit: 60_999n });
  assert.equal(reason(refused), 'floorGasTooLow');
});

test('a transaction that fails costs all of its gas, and changes nothing else', () => {
  const world = new World('prague').put(CONTRACT, { code: '1 0 SSTORE 0 JUMP' });
  const outcome = world.send({ gasLimit: 100_000n, gasPrice: 2n, value: 5n } as Partial<TransactionFields>);
  assert.ok(outcome.outcome === 'executed');
  assert.equal(outcome.execution.status, 0);
  assert.equal(10n ** 18n - world.balance(ALICE), 200_000n);
  assert.equal(world.account(ALICE)?.nonce, 1n);
  assert.equal(world.slots.size, 0);
});

test('what may not be part of the block is refused with its reason, and changes nothing', () => {
  const london = (fields: object): Partial<TransactionFields> =>
    ({ type: 2, ...fields }) as Partial<TransactionFields>;
  const blob = (count: number) => ({ type: 3, maxFeePerBlobGas: 3n, blobVersionedHashes: hashes(count) });
  const hashes = (count: number) => Array.from({ length: count }, () => word(1n << 248n));
  const cases: readonly (readonly [string, ForkName, object])[] = [
    ['nonceTooLow', 'prague', { nonce: -1n }],
    ['nonceTooHigh', 'prague', { nonce: 1n }],
    ['insufficientFunds', 'prague', { gasPrice: 10n ** 18n }],
    ['insufficientFunds', 'prague', { value: 10n ** 18n + 1n }],
    ['intrinsicGasTooLow', 'prague', { gasLimit: 20_999n }],
    ['exceedsBlockGasLimit', 'prague', { gasLimit: 2n ** 41n }],
    ['exceedsTransactionGasLimit', 'osaka', { gasLimit: 2n ** 24n + 1n }],
    ['executed', 'osaka', { gasLimit: 2n ** 24n }],
    ['initcodeTooLarge', 'shanghai', { to: undefined, data: new Uint8Array(49_153) }],
    ['executed', 'paris', { to: undefined, data: new Uint8Array(49_153) }],
    ['tipAboveFeeCap', 'london', london({ maxFeePerGas: 1n, maxPriorityFeePerGas: 2n })],
    ['typeNotSupported', 'istanbul', { type: 1, gasPrice: 0n }],
    ['typeNotSupported', 'berlin', london({})],
    ['typeNotSupported', 'shanghai', blob(1)],
    ['typeNotSupported', 'cancun', { type: 4, authorizationList: [] }],
    ['emptyAuthorizationList', 'prague', { type: 4, authorizationList: [] }],
    ['wrongChainId', 'prague', { chainId: 2n }],
    ['wrongChainId', 'homestead', { chainId: 1n }],
    ['badBlobs', 'cancun', blob(0)],
    ['badBlobs', 'cancun', blob(7)],
    ['executed', 'prague', blob(7)],
    ['badBlobs', 'osaka', blob(7)],
    ['badBlobs', 'cancun', { ...blob(1), blobVersionedHashes: [word(1n)] }],
    ['blobFeeCapTooLow', 'cancun', { ...blob(1), maxFeePerBlobGas: 2n }],
  ];
  for (const [expected, fork, fields] of cases) {
    const world = new World(fork);
    assert.equal(reason(world.send(fields)), expected, `${fork} ${Object.keys(fields)}`);
    if (expected !== 'executed') assert.deepEqual(world.accounts.size, 1);
  }
});

test('EIP-1559: a fee cap below the base fee is refused', () => {
  const world = new World('london');
  world.environment = { ...world.environment, baseFee: 10n };
  assert.equal(reason(world.send({ gasPrice: 9n } as Partial<TransactionFields>)), 'feeCapTooLow');
});

test('EIP-3607: who has code sends nothing, unless it is a delegation (EIP-7702)', () => {
  const delegation = Uint8Array.from([0xef, 1, 0, ...BOB]);
  assert.equal(reason(new World('prague').put(ALICE, { code: 'STOP' }).send()), 'senderHasCode');
  assert.equal(reason(new World('prague').put(ALICE, { code: delegation }).send()), 'executed');
});

test('EIP-161: an empty account that is touched goes, and none is made; before, one was', () => {
  for (const [fork, there] of [
    ['tangerineWhistle', true],
    ['spuriousDragon', false],
  ] as const) {
    const world = new World(fork).put(BOB, {});
    world.send({ to: BOB });
    world.send({ to: addressOf(0xdead) });
    assert.equal(world.account(BOB) !== undefined, there, fork);
    assert.equal(world.account(addressOf(0xdead)) !== undefined, there, fork);
    assert.equal(world.account(COINBASE) !== undefined, there, fork);
  }
});
