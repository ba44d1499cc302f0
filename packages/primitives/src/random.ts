/**
 * Randomness as a thing that is handed in. The core takes `Random`; the host gives it entropy, the simulator a
 * seed. Not for keys: keys come from the crypto room.
 */

/** A source of numbers for decisions such as election timeouts and delays. */
export interface Random {
  /** An integer in [0, below). `below` is a positive integer up to 2^32. */
  integer(below: number): number;
  /** A number in [0, 1) with 32 bits. */
  fraction(): number;
}

/**
 * The same seed gives the same numbers for ever (xoshiro128**, Blackman and Vigna 2018, seeded by splitmix32).
 */
export function seededRandom(seed: number): Random {
  let mix = seed >>> 0;
  const split = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split();
  const next = (): number => {
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return {
    integer: (below) => Math.floor((next() / 2 ** 32) * below),
    fraction: () => next() / 2 ** 32,
  };
}
