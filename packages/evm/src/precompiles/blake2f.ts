/**
 * The precompile at 0x09 (EIP-152): the compression function F of BLAKE2b (RFC 7693, section 3.2) with as many rounds
 * as the caller pays for. The library has it with twelve rounds only, so it is written out here.
 *
 * Input: rounds (4 bytes, big-endian), h (8 words), m (16 words), t (2 words; words are 8 bytes, little-endian), and
 * a byte that is 1 for the last block, else 0.
 */
import type { Pause, Precompile } from './types.js';

const INPUT_BYTES = 213;
const LAST_BLOCK_AT = 212;
const ROUNDS_PER_PAUSE = 4096;

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
    for (let i = 0; i < 16; i++) outView.setUint32(4 * i, h[i] as number, true);
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

/** Section 2.7: which words of the message each round takes. */
const SIGMA = Uint8Array.of(
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ...[14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  ...[11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  ...[7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  ...[9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  ...[2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  ...[12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  ...[13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  ...[6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  ...[10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
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
  for (let i = 0; i < 4; i++) v[24 + i] = (v[24 + i] as number) ^ (t[i] as number);
  if (last) {
    v[28] = ~(v[28] as number);
    v[29] = ~(v[29] as number);
  }
  for (let round = 0; round < rounds; round++) {
    if (pause !== undefined && round % ROUNDS_PER_PAUSE === ROUNDS_PER_PAUSE - 1) pause();
    mixRound(v, m, 16 * (round % 10));
  }
  for (let i = 0; i < 16; i++) h[i] = (h[i] as number) ^ (v[i] as number) ^ (v[i + 16] as number);
}

function mixRound(v: Int32Array, m: Int32Array, sigma: number): void {
  mix(v, m, 0, 8, 16, 24, sigma);
  mix(v, m, 2, 10, 18, 26, sigma + 2);
  mix(v, m, 4, 12, 20, 28, sigma + 4);
  mix(v, m, 6, 14, 22, 30, sigma + 6);
  mix(v, m, 0, 10, 20, 30, sigma + 8);
  mix(v, m, 2, 12, 22, 24, sigma + 10);
  mix(v, m, 4, 14, 16, 26, sigma + 12);
  mix(v, m, 6, 8, 18, 28, sigma + 14);
}

/** Section 3.1, the function G: rotations by 32, 24, 16 and 63 over the words at `a`, `b`, `c` and `d`. */
function mix(v: Int32Array, m: Int32Array, a: number, b: number, c: number, d: number, sigma: number): void {
  const x = 2 * (SIGMA[sigma] as number);
  const y = 2 * (SIGMA[sigma + 1] as number);
  let aLow = v[a] as number;
  let aHigh = v[a + 1] as number;
  let bLow = v[b] as number;
  let bHigh = v[b + 1] as number;
  let cLow = v[c] as number;
  let cHigh = v[c + 1] as number;
  let dLow = v[d] as number;
  let dHigh = v[d + 1] as number;

  let low = (aLow >>> 0) + (bLow >>> 0) + ((m[x] as number) >>> 0);
  aHigh = (aHigh + bHigh + (m[x + 1] as number) + ((low / 2 ** 32) | 0)) | 0;
  aLow = low | 0;
  let swap = dLow ^ aLow;
  dLow = dHigh ^ aHigh;
  dHigh = swap;
  low = (cLow >>> 0) + (dLow >>> 0);
  cHigh = (cHigh + dHigh + (low >= 2 ** 32 ? 1 : 0)) | 0;
  cLow = low | 0;
  bLow ^= cLow;
  bHigh ^= cHigh;
  swap = (bLow >>> 24) | (bHigh << 8);
  bHigh = (bHigh >>> 24) | (bLow << 8);
  bLow = swap;

  low = (aLow >>> 0) + (bLow >>> 0) + ((m[y] as number) >>> 0);
  aHigh = (aHigh + bHigh + (m[y + 1] as number) + ((low / 2 ** 32) | 0)) | 0;
  aLow = low | 0;
  dLow ^= aLow;
  dHigh ^= aHigh;
  swap = (dLow >>> 16) | (dHigh << 16);
  dHigh = (dHigh >>> 16) | (dLow << 16);
  dLow = swap;
  low = (cLow >>> 0) + (dLow >>> 0);
  cHigh = (cHigh + dHigh + (low >= 2 ** 32 ? 1 : 0)) | 0;
  cLow = low | 0;
  bLow ^= cLow;
  bHigh ^= cHigh;

  v[a] = aLow;
  v[a + 1] = aHigh;
  v[b] = (bHigh >>> 31) | (bLow << 1);
  v[b + 1] = (bLow >>> 31) | (bHigh << 1);
  v[c] = cLow;
  v[c + 1] = cHigh;
  v[d] = dLow;
  v[d + 1] = dHigh;
}
