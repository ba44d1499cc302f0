/**
 * `node bench/dist/sampling.js`: what a backup pays for executing again what the primary executed (MIT-3): processor time of its
 * worker per transaction, with nothing and with everything executed again, in turns; medians, and what follows for a fraction.
 *
 *     --count N         ERC-20 transfers (4,000)
 *     --block N         of them in a block (100)
 *     --repetitions N   measurements of each, after one to warm up (5)
 */
import { parseArgs } from 'node:util';
import { createAddress } from '@coco/ethereum';
import { ERC20_INITCODE, erc20Transfer, numberedSigner, type Signer } from '@coco/ethereum/testing';
import { toHex } from '@coco/primitives';
import { describeMachine, describeRevision } from './machine.js';
import { followChain, type RecordedChain, recordChain } from './recordedChain.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '4000' },
    block: { type: 'string', default: '100' },
    repetitions: { type: 'string', default: '5' },
  },
});
const million = 1_000_000;
const chain = await transfers(Number(values.count), Number(values.block));
const none: number[] = [];
const all: number[] = [];
for (let turn = 0; turn <= Number(values.repetitions); turn++) {
  for (const [ppm, samples] of [
    [0, none],
    [million, all],
  ] as const) {
    const { cpuUs, findings } = await followChain(chain, ppm);
    if (findings.some(({ outcome }) => outcome !== 'equal'))
      throw new Error('a block did not come out the same');
    if (turn > 0) samples.push(cpuUs / chain.transactions);
  }
}
const [without, withAll] = [median(none), median(all)];
const show = (us: number): string => `${us.toFixed(1)} µs`;
console.log(`coco sampling ${describeRevision()}\nmachine  ${describeMachine()}`);
console.log(
  `${chain.transactions} ERC-20 transfers, ${values.block} to a block; processor time of a backup's worker\n`,
);
console.log(`nothing again     ${show(without)} per transaction`);
console.log(`everything again  ${show(withAll)} per transaction, ${show(withAll - without)} more`);
console.log(`1 % again         ${show((withAll - without) / 100)} more`);

async function transfers(count: number, perBlock: number): Promise<RecordedChain> {
  const signers = Array.from({ length: 100 }, (_, index) => numberedSigner(index + 1));
  const alloc = Object.fromEntries(signers.map(({ address }) => [toHex(address), { balance: '1000000' }]));
  const [owner] = signers as [Signer, ...Signer[]];
  const blank = {
    type: 2,
    chainId: 1337n,
    maxPriorityFeePerGas: 0n,
    maxFeePerGas: 0n,
    gasLimit: 1_000_000n,
    value: 0n,
    accessList: [],
  } as const;
  const token = createAddress(owner.address, 0n);
  const made = owner.sign({ ...blank, nonce: 0n, data: ERC20_INITCODE });
  const sent = Array.from({ length: count }, (_, index) => {
    const to = signers[1 + (index % 99)] as Signer;
    const data = erc20Transfer(to.address, 1n);
    return owner.sign({ ...blank, nonce: BigInt(index + 1), to: token, data });
  });
  const config = { chainId: 1337, shanghaiTime: 0, cancunTime: 0, pragueTime: 0 };
  const blocks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg'];
  const forks = [...blocks, 'istanbul', 'berlin', 'london'].map((name) => [`${name}Block`, 0]);
  const genesis = {
    config: { ...config, ...Object.fromEntries(forks), terminalTotalDifficulty: 0 },
    gasLimit: '0x2faf08000',
    alloc,
  };
  const raws = [made, ...sent].map(({ transaction }) => transaction.raw);
  return recordChain(genesis, raws, perBlock);
}
