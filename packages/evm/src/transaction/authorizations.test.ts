/** EIP-7702: accounts that delegate to code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, toHex } from '@coco/primitives';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256 } from '../keccak.js';
import { recoverPublicKey } from '../precompiles/ecrecover.js';
import { ALICE, addressOf, CONTRACT, numberIn, World, word } from '../testing/world.js';
import type { Address, Authorization, TransactionFields } from '../types.js';
import { bigIntBytes } from '../words/bigIntBytes.js';
import { encodeShortList } from '../words/shortList.js';
import { recoverAuthority } from './authorizations.js';

const ORDER = secp256k1.Point.CURVE().n;
const key = word(0xb0bn);
const BOB = keccak256(secp256k1.getPublicKey(key, false).subarray(1)).slice(12);
const CODE = addressOf(0xc0);

function sign(fields: Pick<Authorization, 'chainId' | 'address' | 'nonce'>): Authorization {
  const list = encodeShortList([bigIntBytes(fields.chainId), fields.address, bigIntBytes(fields.nonce)]);
  const hash = keccak256(concatBytes(Uint8Array.of(5), list));
  const bytes = secp256k1.sign(hash, key, { prehash: false, format: 'recovered' });
  const [r, s] = [numberIn(bytes.subarray(1, 33)), numberIn(bytes.subarray(33))];
  return { ...fields, yParity: bytes[0], r, s };
}

function setCode(world: World, ...authorizationList: readonly Authorization[]) {
  const outcome = world.send({ type: 4, to: CONTRACT, authorizationList } as Partial<TransactionFields>);
  assert.ok(outcome.outcome === 'executed');
  return outcome.execution;
}

function codeOf(world: World, address: Address): string {
  const codeHash = world.account(address)?.codeHash;
  return codeHash === undefined ? '' : toHex(world.code(codeHash));
}

const delegation = (to: Address) => `ef0100${toHex(to)}`;

test('an authorization names its authority, unless its signature is malleable', () => {
  const signed = sign({ chainId: 1n, address: CODE, nonce: 0n });
  const recovered = (authorization: Authorization) => recoverAuthority(authorization, recoverPublicKey);
  assert.deepEqual(recovered(signed), BOB);
  assert.equal(recovered({ ...signed, s: ORDER - signed.s, yParity: 1 - signed.yParity }), undefined);
  assert.equal(recovered({ ...signed, yParity: 2 }), undefined);
  assert.equal(recovered({ ...signed, r: 0n }), undefined);
  assert.equal(recovered({ ...signed, r: 2n ** 300n }), undefined);
});

test('a valid authorization sets the delegation and uses a nonce; the zero address takes it away', () => {
  const world = new World('prague');
  const execution = setCode(world, sign({ chainId: 1n, address: CODE, nonce: 0n }));
  assert.equal(execution.gasUsed, 21_000n + 25_000n);
  assert.equal(codeOf(world, BOB), delegation(CODE));
  assert.equal(world.account(BOB)?.nonce, 1n);
  const again = setCode(world, sign({ chainId: 0n, address: addressOf(0), nonce: 1n }));
  assert.equal(
    again.gasUsed,
    21_000n + 25_000n - 46_000n / 5n,
    'the account is there: 12,500 back, a fifth at most',
  );
  assert.equal(codeOf(world, BOB), '');
  assert.equal(world.account(BOB)?.nonce, 2n);
});

test('authorizations that do not hold are passed over, and paid for', () => {
  const fields = { chainId: 1n, address: CODE, nonce: 0n };
  const cases: readonly Authorization[] = [
    sign({ ...fields, chainId: 2n }),
    sign({ ...fields, nonce: 1n }),
    sign({ ...fields, nonce: 2n ** 64n - 1n }),
    { ...sign(fields), yParity: 5 },
  ];
  for (const authorization of cases) {
    const world = new World('prague');
    assert.equal(setCode(world, authorization).gasUsed, 46_000n);
    assert.equal(codeOf(world, BOB), '');
  }
  const contract = new World('prague').put(BOB, { code: 'STOP' });
  setCode(contract, sign(fields));
  assert.equal(codeOf(contract, BOB), '00', 'code is not replaced');
});

test('a call to an account that delegates runs the code there, over its own storage', () => {
  const world = new World('prague').put(CODE, { code: 'CALLER 0 SSTORE' }).put(BOB, {
    code: Uint8Array.from([0xef, 1, 0, ...CODE]),
  });
  const direct = world.call({ to: BOB });
  assert.equal(world.slot(0, BOB), numberIn(ALICE));
  assert.equal(direct.gasUsed, 21_000n + 2n + 3n + 22_100n, 'where a transaction delegates to is warm');
  world.put(CODE, { code: `0x${toHex(CODE)} BALANCE` });
  assert.equal(world.call({ to: BOB }).gasUsed, 21_000n + 3n + 100n);
  world.put(CODE, { code: 'CALLER 0 SSTORE' });
  assert.equal(world.topOf(`0x${toHex(BOB)} EXTCODESIZE`), 23n);
  const nested = world.run(`0 0 0 0 0 0x${toHex(BOB)} GAS CALL`);
  assert.equal(world.slot(0, BOB), numberIn(CONTRACT));
  // Cold are the account, the account that it delegates to, and the slot.
  assert.equal(nested.gasUsed, 21_000n + 6n * 3n + 2n + 2_600n + 2_600n + 2n + 3n + 5_000n);
});

test('a delegation is followed once, and not to a precompile', () => {
  const to = (address: Address) => ({ code: Uint8Array.from([0xef, 1, 0, ...address]) });
  const world = new World('prague')
    .put(CODE, to(BOB))
    .put(BOB, to(CODE))
    .put(addressOf(0xaa), to(addressOf(4)));
  assert.equal(world.call({ to: BOB }).error, 'invalid opcode');
  const identity = world.run(`32 0 32 0 0 0xaa GAS CALL POP RETURNDATASIZE 0 MSTORE 32 0 RETURN`);
  assert.equal(numberIn(identity.output), 0n);
});
