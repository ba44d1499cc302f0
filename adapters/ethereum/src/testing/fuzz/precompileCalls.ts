/**
 * Calls of precompiles in random programs: inputs that are mostly good, gas that mostly suffices. The expensive ones
 * are rare. What each of them computes is tested where it is; here it is about how calls go in and come back.
 */
import { fromHex, type Random } from '@coco/primitives';
import type { ProgramWriter } from './programWriter.js';
import { oneIn, pick, randomBytes } from './values.js';

const word = (hex: string) => hex.padStart(64, '0');
const element = (hex: string) => hex.padStart(128, '0');

const BN_G1 = word('1') + word('2');
const BN_G2 =
  '198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2' +
  '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed' +
  '090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b' +
  '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa';
const BLS_G1 =
  element(
    '17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
  ) +
  element('08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1');
const BLS_G2 =
  element(
    '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
  ) +
  element(
    '13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e',
  ) +
  element(
    '0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801',
  ) +
  element('0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be');

/** A good input (in hexadecimal) for the precompile at an address, and the length of its answer. */
interface Known {
  readonly address: number;
  readonly input: string;
  readonly output: number;
}

const CHEAP: readonly Known[] = [
  {
    address: 0x01,
    input:
      '18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c' +
      word('1c') +
      '73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f' +
      'eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549',
    output: 32,
  },
  { address: 0x02, input: '616263', output: 32 },
  { address: 0x03, input: '616263', output: 32 },
  { address: 0x04, input: `${word('7') + word('9')}abcd`, output: 66 },
  { address: 0x05, input: `${word('3')}${word('2')}${word('5')}0102031234ff00000001`, output: 5 },
  { address: 0x06, input: BN_G1 + BN_G1, output: 64 },
  {
    address: 0x09,
    input: `${'0000000c'}${'48c9bdf267e6096a'.repeat(8)}${'6162636465666768'.repeat(16)}${'03'.padEnd(32, '0')}01`,
    output: 64,
  },
  { address: 0x0b, input: BLS_G1 + BLS_G1, output: 128 },
  { address: 0x0d, input: BLS_G2 + BLS_G2, output: 256 },
];

const EXPENSIVE: readonly Known[] = [
  { address: 0x07, input: BN_G1 + word('5'), output: 64 },
  { address: 0x08, input: BN_G1 + BN_G2, output: 32 },
  {
    address: 0x0a,
    input:
      '01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b' +
      '564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306' +
      '24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1' +
      '8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7' +
      '873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a',
    output: 64,
  },
  { address: 0x0c, input: BLS_G1 + word('3'), output: 128 },
  { address: 0x0e, input: BLS_G2 + word('3'), output: 256 },
  { address: 0x0f, input: BLS_G1 + BLS_G2, output: 32 },
  { address: 0x10, input: element('5'), output: 128 },
  { address: 0x11, input: element('5') + element('7'), output: 256 },
  {
    address: 0x100,
    input:
      '4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d' +
      'a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac' +
      '36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60' +
      '4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3' +
      '7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e',
    output: 32,
  },
];

/** Writes a call of a precompile, also of such as the fork does not have. */
export function precompileCall(to: ProgramWriter): void {
  const { random } = to;
  const { address, input, output } = pick(random, oneIn(random, 25) ? EXPENSIVE : CHEAP);
  const bytes = mutate(random, fromHex(input) as Uint8Array);
  to.copyData(bytes);
  const call = pick(random, ['CALL', 'CALL', 'STATICCALL', 'DELEGATECALL', 'CALLCODE']);
  to.push(BigInt(oneIn(random, 3) ? random.integer(output + 20) : output));
  to.push(BigInt(random.integer(100)));
  to.push(BigInt(bytes.length));
  to.push(0n);
  if (call === 'CALL' || call === 'CALLCODE') to.push(BigInt(oneIn(random, 4) ? random.integer(3) : 0));
  to.push(BigInt(address));
  if (oneIn(random, 4)) to.push(BigInt(random.integer(8_000)));
  else to.op('GAS');
  to.op(call);
  if (oneIn(random, 2)) to.op('POP');
}

function mutate(random: Random, input: Uint8Array): Uint8Array {
  if (oneIn(random, 8)) input[random.integer(input.length)] = random.integer(256);
  if (oneIn(random, 8)) return input.subarray(0, random.integer(input.length));
  if (oneIn(random, 8)) return Uint8Array.from([...input, ...randomBytes(random, random.integer(40))]);
  return input;
}
