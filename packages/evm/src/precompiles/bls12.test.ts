/**
 * EIP-2537 on known answers, and on what must not be answered.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, call, ONE, precompileAt, word } from './testing/knownAnswer.js';

const pad = (hex: string) => hex.padStart(128, '0');
const G1 =
  pad('17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb') +
  pad('08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1');
const G1_2 =
  pad('0572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e') +
  pad('166a9d8cabc673a322fda673779d8e3822ba3ecb8670e461f73bb9021d5fd76a4c56d9d4cd16bd1bba86881979749d28');
const G2 =
  pad('024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8') +
  pad('13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e') +
  pad('0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801') +
  pad('0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be');
const BLS_P =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const BLS_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
/** On the curves, but not in the subgroups. */
const G1_OUTSIDE =
  pad('04') +
  pad('0a989badd40d6212b33cffc3f3763e9bc760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e354abe706c');
const G2_OUTSIDE =
  pad('02') +
  pad('') +
  pad('13a59858b6809fca4d9a3b6539246a70051a3c88899964a42bc9a69cf9acdd9dd387cfa9086b894185b9a46a402be73') +
  pad('02d27e0ec3356299a346a09ad7dc4ef68a483c3aed53f9139d2f929a3eecebf72082e5e58c6da24ee32e03040c406d4f');

/** −P: the same x, the other y. */
function negated(point: string): string {
  const elements = point.match(/.{128}/g) as string[];
  return elements
    .map((element, i) =>
      i < elements.length / 2 ? element : pad(((BLS_P - BigInt(`0x${element}`)) % BLS_P).toString(16)),
    )
    .join('');
}

test('EIP-2537: sums on BLS12-381 check the curve but not the subgroup', () => {
  assert.deepEqual(call('prague', 0x0b, bytes(G1, G1)), [375, G1_2]);
  assert.deepEqual(call('prague', 0x0b, bytes(G1, negated(G1))), [375, '00'.repeat(128)]);
  assert.deepEqual(call('prague', 0x0b, bytes(G1_OUTSIDE, '00'.repeat(128))), [375, G1_OUTSIDE]);
  assert.deepEqual(call('prague', 0x0d, bytes(G2, '00'.repeat(256))), [600, G2]);
  assert.deepEqual(call('prague', 0x0d, bytes(G2_OUTSIDE, '00'.repeat(256))), [600, G2_OUTSIDE]);
  assert.deepEqual(call('prague', 0x0d, bytes(G2, negated(G2))), [600, '00'.repeat(256)]);
  assert.equal(call('prague', 0x0d, bytes(G2, G2))[1], call('prague', 0x0e, bytes(G2, word(2)))[1]);
});

test('points with a coordinate that is zero are points like others', () => {
  // (0, 2) is on the curve of BLS12-381, of order 3: its double is its negative.
  const third = pad('') + pad('02');
  assert.deepEqual(call('prague', 0x0b, bytes(third, third)), [375, negated(third)]);
  assert.equal(call('prague', 0x0b, bytes(third, pad('02'), pad('')))[1], 'failure');
  assert.equal(call('istanbul', 6, bytes(word(1), word(0)))[1], 'failure');
  assert.equal(call('istanbul', 6, bytes(word(0), word(1)))[1], 'failure');
});

test('EIP-2537: sums of multiples on BLS12-381', () => {
  const scalar = '9a2b64cc58f8992cb21237914262ca9ada6cb13dc7b7d3f11c278fe0462040e4';
  const product =
    pad('0491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a') +
    pad('17cd7061575d3e8034fcea62adaa1a3bc38dca4b50e4c5c01d04dd78037c9cee914e17944ea99e7ad84278e5d49f36c4');
  assert.deepEqual(call('prague', 0x0c, bytes(G1, scalar)), [12_000, product]);
  const reduced = (BigInt(`0x${scalar}`) - BLS_ORDER).toString(16);
  assert.deepEqual(call('prague', 0x0c, bytes(G1, word(reduced))), [12_000, product]);
  assert.deepEqual(call('prague', 0x0c, bytes(G1, word(BLS_ORDER))), [12_000, '00'.repeat(128)]);
  assert.deepEqual(call('prague', 0x0c, bytes(G1, word(1), G1, word(1))), [22_776, G1_2]);
  assert.deepEqual(call('prague', 0x0c, bytes('00'.repeat(128), word(7), G1, word(2))), [22_776, G1_2]);
  const many = bytes((G1 + word(3) + negated(G1) + word(2)).repeat(20), G1, word(0));
  const sum = call('prague', 0x0c, bytes(G1, word(20)));
  assert.deepEqual(call('prague', 0x0c, many), [Math.floor((41 * 12_000 * 609) / 1000), sum[1]]);
  const g2 = bytes((G2 + word(3) + negated(G2) + word(2)).repeat(17), '00'.repeat(256), word(1));
  const twice = call('prague', 0x0e, bytes(G2, word(17)));
  assert.equal(twice[0], 22_500);
  assert.deepEqual(call('prague', 0x0e, g2), [Math.floor((35 * 22_500 * 637) / 1000), twice[1]]);
  assert.equal(
    precompileAt('prague', 0x0c).gas(new Uint8Array(160 * 200)),
    Math.floor((200 * 12_000 * 519) / 1000),
  );
  assert.equal(
    precompileAt('prague', 0x0e).gas(new Uint8Array(288 * 200)),
    Math.floor((200 * 22_500 * 524) / 1000),
  );
  assert.equal(precompileAt('prague', 0x0c).gas(new Uint8Array(159)), 0);
  assert.equal(call('prague', 0x0c, bytes(G1_OUTSIDE, word(0)))[1], 'failure');
  assert.equal(call('prague', 0x0e, bytes(G2_OUTSIDE, word(0)))[1], 'failure');
});

test('EIP-2537: the pairing check on BLS12-381', () => {
  const equal = G1 + G2 + negated(G1) + G2;
  assert.deepEqual(call('prague', 0x0f, bytes(G1, G2)), [70_300, word(0)]);
  assert.deepEqual(call('prague', 0x0f, bytes(equal)), [102_900, ONE]);
  assert.deepEqual(call('prague', 0x0f, bytes(G1, '00'.repeat(256))), [70_300, ONE]);
  const product = call('prague', 0x0e, bytes(G2, word(2)))[1];
  assert.deepEqual(call('prague', 0x0f, bytes(G1_2, G2, negated(G1), product)), [102_900, ONE]);
  assert.deepEqual(call('prague', 0x0f, bytes(equal.repeat(5))), [363_700, ONE]);
  assert.deepEqual(call('prague', 0x0f, bytes(equal.repeat(5), G1, G2)), [396_300, word(0)]);
  assert.equal(call('prague', 0x0f, bytes(G1, G2_OUTSIDE))[1], 'failure');
  assert.equal(call('prague', 0x0f, bytes(G1_OUTSIDE, G2))[1], 'failure');
  assert.equal(call('prague', 0x0f, bytes(G1_OUTSIDE, '00'.repeat(256)))[1], 'failure');
  assert.equal(call('prague', 0x0f, bytes('00'.repeat(128), G2_OUTSIDE))[1], 'failure');
});

test('EIP-2537: fields map to points', () => {
  const u = [
    pad('14406e5bfb9209256a3820879a29ac2f62d6aca82324bf3ae2aa7d3c54792043bd8c791fccdb080c1a52dc68b8b69350'),
    pad('0e885bb33996e12f07da69073e2c0cc880bc8eff26d2a724299eb12d54f4bcf26f4748bb020e80a7e3794a7b0e47a641'),
  ] as const;
  const g1 =
    pad('0d7721bcdb7ce1047557776eb2659a444166dc6dd55c7ca6e240e21ae9aa18f529f04ac31d861b54faf3307692545db7') +
    pad('108286acbdf4384f67659a8abe89e712a504cb3ce1cba07a716869025d60d499a00d1da8cdc92958918c222ea93d87f0');
  const g2 =
    pad('0d029393d3a13ff5b26fe52bd8953768946c5510f9441f1136f1e938957882db6adbd7504177ee49281ecccba596f2bf') +
    pad('1993f668fb1ae603aefbb1323000033fcb3b65d8ed3bf09c84c61e27704b745f540299a1872cd697ae45a5afd780f1d6') +
    pad('079cb41060ef7a128d286c9ef8638689a49ca19da8672ea5c47b6ba6dbde193ee835d3b87a76a689966037c07159c10d') +
    pad('17c688ae9a8b59a7069c27f2d58dd2196cb414f4fb89da8510518a1142ab19d158badd1c3bad03408fafb1669903cd6c');
  assert.deepEqual(call('prague', 0x10, bytes(u[0])), [5_500, g1]);
  assert.deepEqual(call('prague', 0x11, bytes(...u)), [23_800, g2]);
  assert.notEqual(call('prague', 0x10, new Uint8Array(64))[1], 'failure');
  assert.notEqual(call('prague', 0x11, new Uint8Array(128))[1], 'failure');
});

test('EIP-2537: lengths, paddings, field elements and curves are checked', () => {
  const valid: readonly (readonly [number, string])[] = [
    [0x0b, G1 + G1],
    [0x0c, G1 + word(2)],
    [0x0d, G2 + G2],
    [0x0e, G2 + word(2)],
    [0x0f, G1 + G2],
    [0x10, pad('02')],
    [0x11, pad('02') + pad('03')],
  ];
  for (const [address, hex] of valid) {
    assert.notEqual(call('prague', address, bytes(hex))[1], 'failure');
    assert.equal(call('prague', address, bytes(hex, '00'))[1], 'failure');
    assert.equal(call('prague', address, bytes(hex).subarray(1))[1], 'failure');
    assert.equal(call('prague', address, new Uint8Array(0))[1], 'failure');
    assert.equal(call('prague', address, bytes('01', hex.slice(2)))[1], 'failure', 'padding');
    assert.equal(
      call('prague', address, bytes(pad(BLS_P.toString(16)), hex.slice(128)))[1],
      'failure',
      'field',
    );
    if (address < 0x10)
      assert.equal(call('prague', address, bytes(pad('01'), hex.slice(128)))[1], 'failure', 'curve');
  }
});

test('EIP-2537: sums and checks of many terms look at the time', () => {
  const expired = new Error('time is up');
  const pause = () => {
    throw expired;
  };
  for (const [address, input] of [
    [0x0c, bytes((G1 + word(2)).repeat(2))],
    [0x0e, bytes((G2 + word(2)).repeat(2))],
    [0x0f, bytes((G1 + G2).repeat(2))],
  ] as const) {
    assert.throws(
      () => precompileAt('prague', address).run(input, pause),
      (error) => error === expired,
    );
  }
});
