/**
 * `npm run bench:evm`: one thread of this process executes the same work with Coco's EVM and with @ethereumjs/evm, in
 * turns, and prints medians per transaction, how many times faster, and the geometric mean.
 *
 * The library runs as its documentation has it used for speed: bare messages (`runCall`) over its two state managers in
 * memory (see testing/contracts/libraryEvm.ts). And it runs as the adapter's reference engine: whole transactions, over
 * a journal of ours as its state manager. `documented` compares with the faster of the first two, `fastest` with the
 * fastest of the three.
 *
 *     --count N         transactions in the workloads of single transfers (4,000; others have fewer)
 *     --repetitions N   measurements of each, after a warm-up (7)
 *     --only TEXT       workloads whose name has this in it
 */
import { parseArgs } from 'node:util';
import { createCocoEvmEngine, createEthereumjsEngine } from '@coco/ethereum';
import {
  createWorkloads,
  type EngineWorkload,
  type LibraryState,
  loadLibraryWorkload,
  runWorkload,
} from '@coco/ethereum/testing';
import { describeMachine, describeRevision } from './machine.js';
import { median } from './statistics.js';

const WARM_UP_MS = 1_500;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '4000' },
    repetitions: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
  },
});

/** Something that can execute all transactions of a workload. */
interface Contestant {
  readonly name: string;
  run(): Promise<unknown>;
}

type Medians = readonly [own: number, simple: number, cached: number, engine: number];

const coco = createCocoEvmEngine();
const reference = createEthereumjsEngine();
const repetitions = Number(values.repetitions);

console.log(`coco bench:evm ${describeRevision()}\nmachine  ${describeMachine()}, one thread`);
console.log(`medians of ${repetitions} repetitions in turns, µs per transaction\n`);
console.log(row('', 'coco', 'simple', 'cached', 'engine', 'documented', 'fastest'));
const documented: number[] = [];
const fastest: number[] = [];
for (const workload of await createWorkloads(coco, Number(values.count))) {
  if (!workload.name.includes(values.only)) continue;
  const contestants = await contestantsFor(workload);
  const [own, simple, cached, engine] = (await measure(contestants, workload.items.length)) as Medians;
  documented.push(Math.min(simple, cached) / own);
  fastest.push(Math.min(simple, cached, engine) / own);
  const cells = [own, simple, cached, engine].map((us) => us.toFixed(1));
  console.log(row(workload.name, ...cells, times(documented.at(-1)), times(fastest.at(-1))));
}
console.log(
  row('geometric mean', '', '', '', '', times(geometricMean(documented)), times(geometricMean(fastest))),
);

async function contestantsFor(workload: EngineWorkload): Promise<readonly Contestant[]> {
  const library = async (kind: LibraryState): Promise<Contestant> => {
    const loaded = await loadLibraryWorkload(workload, kind);
    return { name: kind, run: () => loaded.run() };
  };
  return [
    { name: 'coco', run: () => runWorkload(coco, workload) },
    await library('simple'),
    await library('cached'),
    { name: 'engine', run: () => runWorkload(reference, workload) },
  ];
}

/** Median µs per transaction of each, in their order. */
async function measure(contestants: readonly Contestant[], transactions: number): Promise<readonly number[]> {
  for (const contestant of contestants) {
    const until = performance.now() + WARM_UP_MS;
    do await contestant.run();
    while (performance.now() < until);
  }
  const samples = contestants.map((): number[] => []);
  for (let i = 0; i < repetitions; i++) {
    for (const [index, contestant] of contestants.entries()) {
      const start = performance.now();
      await contestant.run();
      samples[index]?.push(((performance.now() - start) * 1000) / transactions);
    }
  }
  return samples.map(median);
}

function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

function times(ratio: number | undefined): string {
  return `${(ratio ?? Number.NaN).toFixed(1)}×`;
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(34) + cells.map((cell) => cell.padStart(11)).join('');
}
