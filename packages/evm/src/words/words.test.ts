/** Yellow paper, appendix H: arithmetic is modulo 2^256, judged by BigInt on words of all sizes and shapes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '@coco/primitives';
import { add, negate, subtract } from './add.js';
import {
  and,
  byte,
  countLeadingZeros,
  not,
  or,
  shiftLeft,
  shiftRight,
  shiftRightSigned,
  signExtend,
  xor,
} from './bits.js';
import { compare, compareSigned, equal, isNegative } from './compare.js';
import { addModulo, divide, divideSigned, modulo, moduloSigned, multiplyModulo } from './divide.js';
import { byteLength, exponentiate, multiply } from './multiply.js';
import {
  bytesWord,
  equalWords,
  isZero,
  LIMBS_MAX,
  putBigInt,
  putBytes,
  putNumber,
  putWord,
  SLOT,
  toBigInt,
  toBytes,
  toNumber,
  toWord,
  wordBytes,
} from './word.js';

const BITS = 256;
const MODULUS = 1n << 256n;
const wrap = (value: bigint): bigint => BigInt.asUintN(BITS, value);
const signed = (value: bigint): bigint => BigInt.asIntN(BITS, value);

/** Words at the edges of limbs and digits, and random ones of any length. */
function randomWord(random: Random): bigint {
  const bits = random.integer(BITS + 1);
  switch (random.integer(7)) {
    case 0:
      return BigInt(random.integer(40));
    case 1:
      return wrap((1n << BigInt(bits)) - 1n);
    case 2:
      return wrap(1n << BigInt(bits));
    case 3:
      return wrap((1n << BigInt(bits)) + BigInt(random.integer(3)));
    case 4:
      return wrap(-BigInt(random.integer(40)) - (random.integer(2) === 0 ? 0n : 1n << BigInt(bits)));
    default: {
      let value = 0n;
      for (let i = 0; i < LIMBS_MAX; i++) {
        // Zero and full limbs make the corrections of algorithm D happen.
        const limb = [0, 0xffff_ffff, 0x8000_0000, 0xffff_0000][random.integer(8)];
        value = (value << 32n) | BigInt(limb ?? random.integer(0x1_0000_0000));
      }
      return value & ((1n << BigInt(bits)) - 1n);
    }
  }
}

/** Slots full of what earlier words left there. */
function dirtyStack(random: Random): Uint32Array {
  return Uint32Array.from({ length: 4 * SLOT }, () => random.integer(0x1_0000_0000));
}

function assertMinimal(s: Uint32Array, a: number): void {
  const n = s[a] as number;
  assert.ok(n >= 1 && n <= LIMBS_MAX, `length ${n}`);
  assert.ok(n === 1 || s[a + n] !== 0, 'no leading zero limb');
}

type Binary = (s: Uint32Array, a: number, b: number) => void;

const binary: Readonly<Record<string, readonly [Binary, (x: bigint, y: bigint) => bigint]>> = {
  ADD: [add, (x, y) => x + y],
  SUB: [subtract, (x, y) => x - y],
  MUL: [multiply, (x, y) => x * y],
  DIV: [divide, (x, y) => (y === 0n ? 0n : x / y)],
  MOD: [modulo, (x, y) => (y === 0n ? 0n : x % y)],
  SDIV: [divideSigned, (x, y) => (y === 0n ? 0n : signed(x) / signed(y))],
  SMOD: [moduloSigned, (x, y) => (y === 0n ? 0n : signed(x) % signed(y))],
  AND: [and, (x, y) => x & y],
  OR: [or, (x, y) => x | y],
  XOR: [xor, (x, y) => x ^ y],
  BYTE: [byte, (x, y) => (x > 31n ? 0n : (y >> (8n * (31n - x))) & 255n)],
  SHL: [shiftLeft, (x, y) => (x > 255n ? 0n : y << x)],
  SHR: [shiftRight, (x, y) => (x > 255n ? 0n : y >> x)],
  SAR: [shiftRightSigned, (x, y) => signed(y) >> (x > 255n ? 255n : x)],
  SIGNEXTEND: [signExtend, (x, y) => (x > 30n ? y : BigInt.asIntN(8 * (Number(x) + 1), y))],
};

for (const [name, [op, model]] of Object.entries(binary)) {
  test(`${name} of any two words`, () => {
    const random = seededRandom(name.length);
    for (let i = 0; i < 40_000; i++) {
      const s = dirtyStack(random);
      const small = ['BYTE', 'SHL', 'SHR', 'SAR', 'SIGNEXTEND'].includes(name) && random.integer(4) > 0;
      const x = small ? BigInt(random.integer(300)) : randomWord(random);
      const y = random.integer(50) === 0 ? x : randomWord(random);
      putBigInt(s, SLOT, x);
      putBigInt(s, 0, y);
      op(s, SLOT, 0);
      assert.equal(toBigInt(s, 0), wrap(model(x, y)), `${x} ${y}`);
      assertMinimal(s, 0);
    }
  });
}

test('ADDMOD and MULMOD do not wrap before the modulus', () => {
  const random = seededRandom(1);
  for (let i = 0; i < 30_000; i++) {
    const s = dirtyStack(random);
    const [x, y, z] = [randomWord(random), randomWord(random), randomWord(random)];
    for (const [op, exact] of [
      [addModulo, x + y],
      [multiplyModulo, x * y],
    ] as const) {
      putBigInt(s, 2 * SLOT, x);
      putBigInt(s, SLOT, y);
      putBigInt(s, 0, z);
      op(s, 2 * SLOT, SLOT, 0);
      assert.equal(toBigInt(s, 0), z === 0n ? 0n : exact % z, `${x} ${y} ${z}`);
      assertMinimal(s, 0);
    }
  }
});

test('EXP is exact modulo 2^256', () => {
  const random = seededRandom(2);
  for (let i = 0; i < 300; i++) {
    const s = dirtyStack(random);
    const [x, y] = [randomWord(random), randomWord(random)];
    putBigInt(s, SLOT, x);
    putBigInt(s, 0, y);
    exponentiate(s, SLOT, 0);
    let expected = 1n;
    for (const bit of y.toString(2)) {
      expected = (expected * expected) % MODULUS;
      if (bit === '1') expected = (expected * x) % MODULUS;
    }
    assert.equal(toBigInt(s, 0), expected, `${x} ${y}`);
    assertMinimal(s, 0);
  }
});

test('NOT, negation, CLZ and lengths in bytes', () => {
  const random = seededRandom(3);
  for (let i = 0; i < 10_000; i++) {
    const s = dirtyStack(random);
    const x = randomWord(random);
    putBigInt(s, 0, x);
    assert.equal(byteLength(s, 0), x === 0n ? 0 : Math.ceil(x.toString(16).length / 2));
    not(s, 0);
    assert.equal(toBigInt(s, 0), wrap(~x));
    assertMinimal(s, 0);
    putBigInt(s, 0, x);
    negate(s, 0);
    assert.equal(toBigInt(s, 0), wrap(-x));
    assertMinimal(s, 0);
    putBigInt(s, 0, x);
    countLeadingZeros(s, 0);
    assert.equal(toBigInt(s, 0), BigInt(x === 0n ? 256 : 256 - x.toString(2).length));
  }
});

test('words are ordered as unsigned and as signed numbers', () => {
  const random = seededRandom(4);
  for (let i = 0; i < 20_000; i++) {
    const s = dirtyStack(random);
    const x = randomWord(random);
    const y = random.integer(10) === 0 ? x : randomWord(random);
    putBigInt(s, SLOT, x);
    putBigInt(s, 0, y);
    assert.equal(Math.sign(compare(s, SLOT, 0)), x < y ? -1 : x > y ? 1 : 0);
    const [p, q] = [signed(x), signed(y)];
    assert.equal(Math.sign(compareSigned(s, SLOT, 0)), p < q ? -1 : p > q ? 1 : 0);
    assert.equal(equal(s, SLOT, 0), x === y);
    assert.equal(isNegative(s, SLOT), p < 0n);
    assert.equal(isZero(s, SLOT), x === 0n);
  }
});

test('a word is the same in all of its forms', () => {
  const random = seededRandom(5);
  for (let i = 0; i < 10_000; i++) {
    const s = dirtyStack(random);
    const x = randomWord(random);
    putBigInt(s, 0, x);
    assertMinimal(s, 0);
    const hex = x.toString(16).padStart(64, '0');
    assert.equal(Buffer.from(toBytes(s, 0)).toString('hex'), hex);
    assert.equal(toNumber(s, 0), x < 2n ** 53n ? Number(x) : Number.POSITIVE_INFINITY);
    const word = toWord(s, 0);
    const trimmed = Buffer.from(hex.replace(/^(00)+/, ''), 'hex');
    assert.deepEqual(Buffer.from(wordBytes(word)), trimmed);
    assert.ok(equalWords(word, bytesWord(toBytes(s, 0))));
    putWord(s, SLOT, word);
    assert.equal(toBigInt(s, SLOT), x);
    const bytes = toBytes(s, 0);
    const [from, length] = [random.integer(33), random.integer(33)];
    const part = bytes.slice(from, from + length);
    putBytes(s, 0, bytes, from, part.length);
    assertMinimal(s, 0);
    assert.equal(toBigInt(s, 0), BigInt(`0x0${Buffer.from(part).toString('hex')}`));
    const number = random.integer(2 ** 32) * (random.integer(2) === 0 ? 1 : random.integer(2 ** 21));
    putNumber(s, 0, number);
    assertMinimal(s, 0);
    assert.equal(toNumber(s, 0), number);
  }
});
