/**
 * The permutation Keccak-f[1600] (FIPS 202, section 3), written out round by round for 32-bit registers: contracts
 * hash at every other step, and the portable library takes three times as long. It is the same function, and the
 * tests hold it against that library.
 *
 *   state     25 lanes of 64 bits, lane (x, y) at 2·(x + 5·y): its lower half, then its upper
 */

/** Lower and upper halves of the constants of ι (section 3.2.5). */
const ROUND_CONSTANTS = Int32Array.of(
  0x1,
  0x0,
  0x8082,
  0x0,
  0x808a,
  0x80000000,
  0x80008000,
  0x80000000,
  0x808b,
  0x0,
  0x80000001,
  0x0,
  0x80008081,
  0x80000000,
  0x8009,
  0x80000000,
  0x8a,
  0x0,
  0x88,
  0x0,
  0x80008009,
  0x0,
  0x8000000a,
  0x0,
  0x8000808b,
  0x0,
  0x8b,
  0x80000000,
  0x8089,
  0x80000000,
  0x8003,
  0x80000000,
  0x8002,
  0x80000000,
  0x80,
  0x80000000,
  0x800a,
  0x0,
  0x8000000a,
  0x80000000,
  0x80008081,
  0x80000000,
  0x8080,
  0x80000000,
  0x80000001,
  0x0,
  0x80008008,
  0x80000000,
);

const other = new Int32Array(50);

/** Permutes `state` in place. */
export function permute(state: Int32Array): void {
  for (let i = 0; i < 48; i += 4) {
    round(state, other, ROUND_CONSTANTS[i], ROUND_CONSTANTS[i + 1]);
    round(other, state, ROUND_CONSTANTS[i + 2], ROUND_CONSTANTS[i + 3]);
  }
}

/** One round from `s` to `t`: θ as parities of columns, then for each row of the result ρ and π, χ, and ι. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a loop over lanes takes twice as long.
function round(s: Int32Array, t: Int32Array, iotaLow: number, iotaHigh: number): void {
  const cl0 = s[0] ^ s[10] ^ s[20] ^ s[30] ^ s[40];
  const ch0 = s[1] ^ s[11] ^ s[21] ^ s[31] ^ s[41];
  const cl1 = s[2] ^ s[12] ^ s[22] ^ s[32] ^ s[42];
  const ch1 = s[3] ^ s[13] ^ s[23] ^ s[33] ^ s[43];
  const cl2 = s[4] ^ s[14] ^ s[24] ^ s[34] ^ s[44];
  const ch2 = s[5] ^ s[15] ^ s[25] ^ s[35] ^ s[45];
  const cl3 = s[6] ^ s[16] ^ s[26] ^ s[36] ^ s[46];
  const ch3 = s[7] ^ s[17] ^ s[27] ^ s[37] ^ s[47];
  const cl4 = s[8] ^ s[18] ^ s[28] ^ s[38] ^ s[48];
  const ch4 = s[9] ^ s[19] ^ s[29] ^ s[39] ^ s[49];
  const dl0 = cl4 ^ ((cl1 << 1) | (ch1 >>> 31));
  const dh0 = ch4 ^ ((ch1 << 1) | (cl1 >>> 31));
  const dl1 = cl0 ^ ((cl2 << 1) | (ch2 >>> 31));
  const dh1 = ch0 ^ ((ch2 << 1) | (cl2 >>> 31));
  const dl2 = cl1 ^ ((cl3 << 1) | (ch3 >>> 31));
  const dh2 = ch1 ^ ((ch3 << 1) | (cl3 >>> 31));
  const dl3 = cl2 ^ ((cl4 << 1) | (ch4 >>> 31));
  const dh3 = ch2 ^ ((ch4 << 1) | (cl4 >>> 31));
  const dl4 = cl3 ^ ((cl0 << 1) | (ch0 >>> 31));
  const dh4 = ch3 ^ ((ch0 << 1) | (cl0 >>> 31));

  let l0 = s[0] ^ dl0;
  let h0 = s[1] ^ dh0;
  let lo = s[12] ^ dl1;
  let hi = s[13] ^ dh1;
  let l1 = (hi << 12) | (lo >>> 20);
  let h1 = (lo << 12) | (hi >>> 20);
  lo = s[24] ^ dl2;
  hi = s[25] ^ dh2;
  let l2 = (hi << 11) | (lo >>> 21);
  let h2 = (lo << 11) | (hi >>> 21);
  lo = s[36] ^ dl3;
  hi = s[37] ^ dh3;
  let l3 = (lo << 21) | (hi >>> 11);
  let h3 = (hi << 21) | (lo >>> 11);
  lo = s[48] ^ dl4;
  hi = s[49] ^ dh4;
  let l4 = (lo << 14) | (hi >>> 18);
  let h4 = (hi << 14) | (lo >>> 18);
  t[0] = l0 ^ (~l1 & l2) ^ iotaLow;
  t[1] = h0 ^ (~h1 & h2) ^ iotaHigh;
  t[2] = l1 ^ (~l2 & l3);
  t[3] = h1 ^ (~h2 & h3);
  t[4] = l2 ^ (~l3 & l4);
  t[5] = h2 ^ (~h3 & h4);
  t[6] = l3 ^ (~l4 & l0);
  t[7] = h3 ^ (~h4 & h0);
  t[8] = l4 ^ (~l0 & l1);
  t[9] = h4 ^ (~h0 & h1);

  lo = s[6] ^ dl3;
  hi = s[7] ^ dh3;
  l0 = (lo << 28) | (hi >>> 4);
  h0 = (hi << 28) | (lo >>> 4);
  lo = s[18] ^ dl4;
  hi = s[19] ^ dh4;
  l1 = (lo << 20) | (hi >>> 12);
  h1 = (hi << 20) | (lo >>> 12);
  lo = s[20] ^ dl0;
  hi = s[21] ^ dh0;
  l2 = (lo << 3) | (hi >>> 29);
  h2 = (hi << 3) | (lo >>> 29);
  lo = s[32] ^ dl1;
  hi = s[33] ^ dh1;
  l3 = (hi << 13) | (lo >>> 19);
  h3 = (lo << 13) | (hi >>> 19);
  lo = s[44] ^ dl2;
  hi = s[45] ^ dh2;
  l4 = (hi << 29) | (lo >>> 3);
  h4 = (lo << 29) | (hi >>> 3);
  t[10] = l0 ^ (~l1 & l2);
  t[11] = h0 ^ (~h1 & h2);
  t[12] = l1 ^ (~l2 & l3);
  t[13] = h1 ^ (~h2 & h3);
  t[14] = l2 ^ (~l3 & l4);
  t[15] = h2 ^ (~h3 & h4);
  t[16] = l3 ^ (~l4 & l0);
  t[17] = h3 ^ (~h4 & h0);
  t[18] = l4 ^ (~l0 & l1);
  t[19] = h4 ^ (~h0 & h1);

  lo = s[2] ^ dl1;
  hi = s[3] ^ dh1;
  l0 = (lo << 1) | (hi >>> 31);
  h0 = (hi << 1) | (lo >>> 31);
  lo = s[14] ^ dl2;
  hi = s[15] ^ dh2;
  l1 = (lo << 6) | (hi >>> 26);
  h1 = (hi << 6) | (lo >>> 26);
  lo = s[26] ^ dl3;
  hi = s[27] ^ dh3;
  l2 = (lo << 25) | (hi >>> 7);
  h2 = (hi << 25) | (lo >>> 7);
  lo = s[38] ^ dl4;
  hi = s[39] ^ dh4;
  l3 = (lo << 8) | (hi >>> 24);
  h3 = (hi << 8) | (lo >>> 24);
  lo = s[40] ^ dl0;
  hi = s[41] ^ dh0;
  l4 = (lo << 18) | (hi >>> 14);
  h4 = (hi << 18) | (lo >>> 14);
  t[20] = l0 ^ (~l1 & l2);
  t[21] = h0 ^ (~h1 & h2);
  t[22] = l1 ^ (~l2 & l3);
  t[23] = h1 ^ (~h2 & h3);
  t[24] = l2 ^ (~l3 & l4);
  t[25] = h2 ^ (~h3 & h4);
  t[26] = l3 ^ (~l4 & l0);
  t[27] = h3 ^ (~h4 & h0);
  t[28] = l4 ^ (~l0 & l1);
  t[29] = h4 ^ (~h0 & h1);

  lo = s[8] ^ dl4;
  hi = s[9] ^ dh4;
  l0 = (lo << 27) | (hi >>> 5);
  h0 = (hi << 27) | (lo >>> 5);
  lo = s[10] ^ dl0;
  hi = s[11] ^ dh0;
  l1 = (hi << 4) | (lo >>> 28);
  h1 = (lo << 4) | (hi >>> 28);
  lo = s[22] ^ dl1;
  hi = s[23] ^ dh1;
  l2 = (lo << 10) | (hi >>> 22);
  h2 = (hi << 10) | (lo >>> 22);
  lo = s[34] ^ dl2;
  hi = s[35] ^ dh2;
  l3 = (lo << 15) | (hi >>> 17);
  h3 = (hi << 15) | (lo >>> 17);
  lo = s[46] ^ dl3;
  hi = s[47] ^ dh3;
  l4 = (hi << 24) | (lo >>> 8);
  h4 = (lo << 24) | (hi >>> 8);
  t[30] = l0 ^ (~l1 & l2);
  t[31] = h0 ^ (~h1 & h2);
  t[32] = l1 ^ (~l2 & l3);
  t[33] = h1 ^ (~h2 & h3);
  t[34] = l2 ^ (~l3 & l4);
  t[35] = h2 ^ (~h3 & h4);
  t[36] = l3 ^ (~l4 & l0);
  t[37] = h3 ^ (~h4 & h0);
  t[38] = l4 ^ (~l0 & l1);
  t[39] = h4 ^ (~h0 & h1);

  lo = s[4] ^ dl2;
  hi = s[5] ^ dh2;
  l0 = (hi << 30) | (lo >>> 2);
  h0 = (lo << 30) | (hi >>> 2);
  lo = s[16] ^ dl3;
  hi = s[17] ^ dh3;
  l1 = (hi << 23) | (lo >>> 9);
  h1 = (lo << 23) | (hi >>> 9);
  lo = s[28] ^ dl4;
  hi = s[29] ^ dh4;
  l2 = (hi << 7) | (lo >>> 25);
  h2 = (lo << 7) | (hi >>> 25);
  lo = s[30] ^ dl0;
  hi = s[31] ^ dh0;
  l3 = (hi << 9) | (lo >>> 23);
  h3 = (lo << 9) | (hi >>> 23);
  lo = s[42] ^ dl1;
  hi = s[43] ^ dh1;
  l4 = (lo << 2) | (hi >>> 30);
  h4 = (hi << 2) | (lo >>> 30);
  t[40] = l0 ^ (~l1 & l2);
  t[41] = h0 ^ (~h1 & h2);
  t[42] = l1 ^ (~l2 & l3);
  t[43] = h1 ^ (~h2 & h3);
  t[44] = l2 ^ (~l3 & l4);
  t[45] = h2 ^ (~h3 & h4);
  t[46] = l3 ^ (~l4 & l0);
  t[47] = h3 ^ (~h4 & h0);
  t[48] = l4 ^ (~l0 & l1);
  t[49] = h4 ^ (~h0 & h1);
}
