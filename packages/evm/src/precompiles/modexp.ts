/**
 * The precompile at 0x05 (EIP-198): base ^ exponent mod modulus over integers of any length. Its price has changed
 * twice (EIP-2565, EIP-7883), and since Osaka the lengths are bounded (EIP-7823).
 *
 * Input: the three lengths as words of 32 bytes, then base, exponent and modulus. Output: as long as the modulus.
 */
import { readInteger, writeInteger } from './input.js';
import type { Pause, Precompile } from './types.js';

/** Which EIP says what it costs. */
export type ModexpRules = 'eip198' | 'eip2565' | 'eip7883';

const HEADER_BYTES = 96;
const WORD = 32n;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** EIP-7823. */
const OSAKA_LENGTH_MAX = 1_024n;
/** Paying for longer ones would take more than 10^12 gas. */
const LENGTH_MAX = 2n ** 25n;

/** MODEXP at the price of `rules`. */
export function createModexp(rules: ModexpRules): Precompile {
  return {
    name: 'MODEXP',
    gas(input) {
      const lengths = readLengths(input);
      const gas = price(lengths, iterations(input, lengths, rules === 'eip7883' ? 16n : 8n), rules);
      return gas > SAFE_MAX ? Number.POSITIVE_INFINITY : Number(gas);
    },
    run(input, pause) {
      const { base, exponent, modulus } = readLengths(input);
      if (rules === 'eip7883' && larger(larger(base, exponent), modulus) > OSAKA_LENGTH_MAX) return undefined;
      if (base === 0n && modulus === 0n) return new Uint8Array(0);
      if (larger(base, modulus) > LENGTH_MAX || exponent > SAFE_MAX) return undefined;
      return power(input, Number(base), Number(exponent), Number(modulus), pause);
    },
  };
}

/** In bytes, each below 2^256. */
interface Lengths {
  readonly base: bigint;
  readonly exponent: bigint;
  readonly modulus: bigint;
}

function readLengths(input: Uint8Array): Lengths {
  return {
    base: readInteger(input, 0, 32),
    exponent: readInteger(input, 32, 32),
    modulus: readInteger(input, 64, 32),
  };
}

function price({ base, modulus }: Lengths, count: bigint, rules: ModexpRules): bigint {
  const length = larger(base, modulus);
  if (rules === 'eip198') return (complexity198(length) * larger(count, 1n)) / 20n;
  const words = (length + 7n) / 8n;
  if (rules === 'eip2565') return larger(200n, (words * words * larger(count, 1n)) / 3n);
  const complexity = length <= WORD ? 16n : 2n * words * words;
  return larger(500n, complexity * larger(count, 1n));
}

function complexity198(length: bigint): bigint {
  const square = length * length;
  if (length <= 64n) return square;
  if (length <= 1024n) return square / 4n + 96n * length - 3_072n;
  return square / 16n + 480n * length - 199_680n;
}

/** What stands for the number of squarings: it looks at the first 32 bytes of the exponent only. */
function iterations(input: Uint8Array, { base, exponent }: Lengths, perByte: bigint): bigint {
  const beyond = exponent > WORD ? exponent - WORD : 0n;
  const start = BigInt(HEADER_BYTES) + base;
  if (start >= BigInt(input.length)) return perByte * beyond;
  const head = readInteger(input, Number(start), Number(exponent > WORD ? WORD : exponent));
  const bits = head === 0n ? 0 : head.toString(2).length - 1;
  return perByte * beyond + BigInt(bits);
}

function power(
  input: Uint8Array,
  baseLength: number,
  exponentLength: number,
  modulusLength: number,
  pause?: Pause,
): Uint8Array {
  const out = new Uint8Array(modulusLength);
  const exponentAt = HEADER_BYTES + baseLength;
  const modulus = readInteger(input, exponentAt + exponentLength, modulusLength);
  if (modulus === 0n) return out;
  const base = readInteger(input, HEADER_BYTES, baseLength) % modulus;
  const digits = input.subarray(exponentAt, exponentAt + exponentLength);
  const result = powerModulo(base, digits, exponentLength, modulus, modulusLength > 64 ? 1 : 64, pause);
  writeInteger(result, out, 0, modulusLength);
  return out;
}

/**
 * From the exponent's first digit of four bits to its last: the usual square-and-multiply with a table of powers,
 * which grows as digits ask for it. `digits` are the bytes that are there; zeros follow up to `length`.
 */
function powerModulo(
  base: bigint,
  digits: Uint8Array,
  length: number,
  modulus: bigint,
  bytesPerPause: number,
  pause?: Pause,
): bigint {
  const powers = [1n % modulus, base];
  let result = 1n % modulus;
  let started = false;
  const multiply = (digit: number): void => {
    if (started) for (let i = 0; i < 4; i++) result = (result * result) % modulus;
    if (digit === 0) return;
    started = true;
    for (let i = powers.length; i <= digit; i++) powers.push(((powers[i - 1] as bigint) * base) % modulus);
    result = (result * (powers[digit] as bigint)) % modulus;
  };
  for (let i = 0; i < digits.length; i++) {
    if (pause !== undefined && i % bytesPerPause === 0) pause();
    multiply((digits[i] as number) >> 4);
    multiply((digits[i] as number) & 15);
  }
  for (let i = digits.length; i < length && result > 1n; i++) {
    if (pause !== undefined && i % bytesPerPause === 0) pause();
    multiply(0);
    multiply(0);
  }
  return result;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
