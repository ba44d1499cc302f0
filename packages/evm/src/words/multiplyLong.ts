/**
 * Multiplication of long words modulo 2^256: eleven digits of 24 bits, whose products and sums of products are exact
 * in doubles, so that no carry is looked at before all products are summed. Written out, since it must stay in
 * registers: it takes a third of the time of the schoolbook method on limbs.
 *
 * The sum of at most eleven products of digits is below 2^52.
 */
import { LIMBS_MAX, trim } from './word.js';

const BASE = 0x100_0000;
const FRACTION = 1 / BASE;

/** first × second, which it replaces. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a loop over digits takes three times as long.
export function multiplyLong(s: Uint32Array, a: number, b: number): void {
  const m = s[a];
  const n = s[b];
  const xL1 = s[a + 1];
  const xL2 = m < 2 ? 0 : s[a + 2];
  const xL3 = m < 3 ? 0 : s[a + 3];
  const xL4 = m < 4 ? 0 : s[a + 4];
  const xL5 = m < 5 ? 0 : s[a + 5];
  const xL6 = m < 6 ? 0 : s[a + 6];
  const xL7 = m < 7 ? 0 : s[a + 7];
  const xL8 = m < 8 ? 0 : s[a + 8];
  const x0 = xL1 & 0xff_ffff;
  const x1 = (xL1 >>> 24) | ((xL2 & 0xffff) << 8);
  const x2 = (xL2 >>> 16) | ((xL3 & 0xff) << 16);
  const x3 = xL3 >>> 8;
  const x4 = xL4 & 0xff_ffff;
  const x5 = (xL4 >>> 24) | ((xL5 & 0xffff) << 8);
  const x6 = (xL5 >>> 16) | ((xL6 & 0xff) << 16);
  const x7 = xL6 >>> 8;
  const x8 = xL7 & 0xff_ffff;
  const x9 = (xL7 >>> 24) | ((xL8 & 0xffff) << 8);
  const x10 = xL8 >>> 16;
  const yL1 = s[b + 1];
  const yL2 = n < 2 ? 0 : s[b + 2];
  const yL3 = n < 3 ? 0 : s[b + 3];
  const yL4 = n < 4 ? 0 : s[b + 4];
  const yL5 = n < 5 ? 0 : s[b + 5];
  const yL6 = n < 6 ? 0 : s[b + 6];
  const yL7 = n < 7 ? 0 : s[b + 7];
  const yL8 = n < 8 ? 0 : s[b + 8];
  const y0 = yL1 & 0xff_ffff;
  const y1 = (yL1 >>> 24) | ((yL2 & 0xffff) << 8);
  const y2 = (yL2 >>> 16) | ((yL3 & 0xff) << 16);
  const y3 = yL3 >>> 8;
  const y4 = yL4 & 0xff_ffff;
  const y5 = (yL4 >>> 24) | ((yL5 & 0xffff) << 8);
  const y6 = (yL5 >>> 16) | ((yL6 & 0xff) << 16);
  const y7 = yL6 >>> 8;
  const y8 = yL7 & 0xff_ffff;
  const y9 = (yL7 >>> 24) | ((yL8 & 0xffff) << 8);
  const y10 = yL8 >>> 16;
  const c0 = x0 * y0;
  const c1 = x0 * y1 + x1 * y0;
  const c2 = x0 * y2 + x1 * y1 + x2 * y0;
  const c3 = x0 * y3 + x1 * y2 + x2 * y1 + x3 * y0;
  const c4 = x0 * y4 + x1 * y3 + x2 * y2 + x3 * y1 + x4 * y0;
  const c5 = x0 * y5 + x1 * y4 + x2 * y3 + x3 * y2 + x4 * y1 + x5 * y0;
  const c6 = x0 * y6 + x1 * y5 + x2 * y4 + x3 * y3 + x4 * y2 + x5 * y1 + x6 * y0;
  const c7 = x0 * y7 + x1 * y6 + x2 * y5 + x3 * y4 + x4 * y3 + x5 * y2 + x6 * y1 + x7 * y0;
  const c8 = x0 * y8 + x1 * y7 + x2 * y6 + x3 * y5 + x4 * y4 + x5 * y3 + x6 * y2 + x7 * y1 + x8 * y0;
  const c9 =
    x0 * y9 + x1 * y8 + x2 * y7 + x3 * y6 + x4 * y5 + x5 * y4 + x6 * y3 + x7 * y2 + x8 * y1 + x9 * y0;
  const c10 =
    x0 * y10 +
    x1 * y9 +
    x2 * y8 +
    x3 * y7 +
    x4 * y6 +
    x5 * y5 +
    x6 * y4 +
    x7 * y3 +
    x8 * y2 +
    x9 * y1 +
    x10 * y0;
  // What each sum has above its digit goes to the next; after that all are below 2^29.
  const h0 = Math.floor(c0 * FRACTION);
  const h1 = Math.floor(c1 * FRACTION);
  const h2 = Math.floor(c2 * FRACTION);
  const h3 = Math.floor(c3 * FRACTION);
  const h4 = Math.floor(c4 * FRACTION);
  const h5 = Math.floor(c5 * FRACTION);
  const h6 = Math.floor(c6 * FRACTION);
  const h7 = Math.floor(c7 * FRACTION);
  const h8 = Math.floor(c8 * FRACTION);
  const h9 = Math.floor(c9 * FRACTION);
  const h10 = Math.floor(c10 * FRACTION);
  let t = c0 - h0 * BASE;
  const d0 = t & 0xff_ffff;
  t = (t >>> 24) + (c1 - h1 * BASE + h0);
  const d1 = t & 0xff_ffff;
  t = (t >>> 24) + (c2 - h2 * BASE + h1);
  const d2 = t & 0xff_ffff;
  t = (t >>> 24) + (c3 - h3 * BASE + h2);
  const d3 = t & 0xff_ffff;
  t = (t >>> 24) + (c4 - h4 * BASE + h3);
  const d4 = t & 0xff_ffff;
  t = (t >>> 24) + (c5 - h5 * BASE + h4);
  const d5 = t & 0xff_ffff;
  t = (t >>> 24) + (c6 - h6 * BASE + h5);
  const d6 = t & 0xff_ffff;
  t = (t >>> 24) + (c7 - h7 * BASE + h6);
  const d7 = t & 0xff_ffff;
  t = (t >>> 24) + (c8 - h8 * BASE + h7);
  const d8 = t & 0xff_ffff;
  t = (t >>> 24) + (c9 - h9 * BASE + h8);
  const d9 = t & 0xff_ffff;
  t = (t >>> 24) + (c10 - h10 * BASE + h9);
  const d10 = t & 0xff_ffff;
  s[b + 1] = d0 | (d1 << 24);
  s[b + 2] = (d1 >>> 8) | (d2 << 16);
  s[b + 3] = (d2 >>> 16) | (d3 << 8);
  s[b + 4] = d4 | (d5 << 24);
  s[b + 5] = (d5 >>> 8) | (d6 << 16);
  s[b + 6] = (d6 >>> 16) | (d7 << 8);
  s[b + 7] = d8 | (d9 << 24);
  s[b + 8] = (d9 >>> 8) | (d10 << 16);
  trim(s, b, LIMBS_MAX);
}
