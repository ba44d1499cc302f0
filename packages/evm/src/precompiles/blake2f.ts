/**
 * The precompile at 0x09 (EIP-152): the compression function F of BLAKE2b (RFC 7693, section 3.2) with as many rounds
 * as the caller pays for. The library has it with twelve rounds only, so it is written out here.
 *
 * Input: rounds (4 bytes, big-endian), h (8 words), m (16 words), t (2 words; words are 8 bytes, little-endian), and
 * a byte that is 1 for the last block, else 0.
 */
import { mixRounds } from './blake2fRounds.js';
import type { Pause, Precompile } from './types.js';

const INPUT_BYTES = 213;
const LAST_BLOCK_AT = 212;
const ROUNDS_PER_PAUSE = 10_000;

/** BLAKE2F: h after the rounds, 64 bytes. */
export const BLAKE2F: Precompile = {
  name: 'BLAKE2F',
  gas: (input) => (input.length === INPUT_BYTES ? viewOf(input).getUint32(0) : 0),
  run(input, pause) {
    const last = input[LAST_BLOCK_AT];
    if (input.length !== INPUT_BYTES || (last !== 0 && last !== 1)) return undefined;
    const view = viewOf(input);
    const h = readHalves(view, 4, 16);
    const m = readHalves(view, 68, 32);
    const t = readHalves(view, 196, 4);
    compress(h, m, t, last === 1, view.getUint32(0), pause);
    const out = new Uint8Array(64);
    const outView = viewOf(out);
    for (let i = 0; i < 16; i++) outView.setUint32(4 * i, h[i], true);
    return out;
  },
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** 64-bit words as halves, the low one first. */
function readHalves(view: DataView, offset: number, count: number): Int32Array {
  const halves = new Int32Array(count);
  for (let i = 0; i < count; i++) halves[i] = view.getInt32(offset + 4 * i, true);
  return halves;
}

/** Section 2.6: the first 64 bits of the fractional parts of the square roots of the first eight primes. */
const IV = Int32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
);

function compress(
  h: Int32Array,
  m: Int32Array,
  t: Int32Array,
  last: boolean,
  rounds: number,
  pause?: Pause,
): void {
  const v = new Int32Array(32);
  v.set(h);
  v.set(IV, 16);
  for (let i = 0; i < 4; i++) v[24 + i] = v[24 + i] ^ t[i];
  if (last) {
    v[28] = ~v[28];
    v[29] = ~v[29];
  }
  for (let round = 0; round < rounds; round += ROUNDS_PER_PAUSE) {
    if (round > 0) pause?.();
    mixRounds(v, m, round, Math.min(rounds, round + ROUNDS_PER_PAUSE));
  }
  for (let i = 0; i < 16; i++) h[i] = h[i] ^ v[i] ^ v[i + 16];
}
