/**
 * Crashes at random moments under load: what was acknowledged must be there afterwards, on every node, with the same
 * receipt, in a ledger that verifies.
 */
import { type Random, seededRandom } from '@coco/primitives';
import { CrashNetwork } from './crashNetwork.js';
import { until } from './until.js';

export interface CrashOptions {
  readonly rounds: number;
  /** Of the load and the moments. What the processes make of them is their own. */
  readonly seed: number;
  /** Who is killed: all three processes at once, or the primary again and again while the load goes on. */
  readonly victims: 'all' | 'primary';
  readonly say: (line: string) => void;
}

export interface CrashResult {
  /** Those that went well. */
  readonly rounds: number;
  readonly acknowledged: number;
  /** Lost or changed transactions, ledgers that do not verify; empty when all is well. */
  readonly faults: readonly string[];
  /** Of each round: until all nodes had committed the same again; or until a new primary had committed. */
  readonly recoveredMs: readonly number[];
  /** Where the network's files are; they stay when there are faults. */
  readonly directory: string;
}

const loadMsMin = 300;
const loadMsMax = 2_300;
/** In one round of so many all are killed again while they start, at most so many milliseconds after they began. */
const againOneIn = 3;
const startMsMax = 2_000;
/** Of what earlier rounds acknowledged, so many are looked up again in each round; all of it at the end. */
const olderChecked = 1_000;
const progressTimeoutMs = 30_000;

/** All rounds on one network, or as many as go without a fault. */
export async function runCrashes(options: CrashOptions): Promise<CrashResult> {
  const random = seededRandom(options.seed);
  const network = await CrashNetwork.open(random);
  const recoveredMs: number[] = [];
  try {
    const run = options.victims === 'all' ? killAllAgain : killPrimaryAgain;
    await run(network, options, random, recoveredMs);
  } catch (error) {
    // A network that does not come back, or does not answer, has lost what it acknowledged.
    network.faults.push(error instanceof Error ? String(error.stack) : String(error));
  } finally {
    await network.close();
  }
  const { acknowledged, faults, directory } = network;
  return { rounds: recoveredMs.length, acknowledged: acknowledged.count, faults, recoveredMs, directory };
}

type Rounds = (
  network: CrashNetwork,
  options: CrashOptions,
  random: Random,
  recoveredMs: number[],
) => Promise<void>;

const killAllAgain: Rounds = async (network, { rounds, say }, random, recoveredMs) => {
  const { acknowledged, faults } = network;
  for (let round = 1; round <= rounds; round++) {
    if (round > 1) await network.restartAll();
    const before = acknowledged.count;
    const load = network.startLoad();
    const killedMs = await moment(random);
    await network.killAll();
    await load.stop();
    const torn = await network.verifyCrashed();
    const again = random.integer(againOneIn) === 0;
    if (again) await network.killWhileStarting(random.integer(startMsMax));
    const tookMs = await network.restartAll();
    const isLast = round === rounds;
    await network.checkReceipts(isLast ? undefined : acknowledged.since(before, olderChecked, random));
    await network.stopAndVerify();
    const cut = torn === 0 ? '' : `, ${torn} torn last write${torn === 1 ? '' : 's'} cut off`;
    const twice = again ? ', and again while starting' : '';
    const figures = `killed after ${ms(killedMs)}${twice}, recovered in ${ms(tookMs)}${cut}`;
    say(
      `round ${round}: ${acknowledged.count} acknowledged, ${figures}${faults.length > 0 ? ', FAILED' : ''}`,
    );
    if (faults.length > 0) break;
    recoveredMs.push(tookMs);
  }
};

const killPrimaryAgain: Rounds = async (network, { rounds, say }, random, recoveredMs) => {
  const { acknowledged } = network;
  const load = network.startLoad();
  try {
    for (let round = 1; round <= rounds; round++) {
      const killedMs = await moment(random);
      const { victim, electedMs } = await network.killPrimary();
      const before = acknowledged.count;
      await until('the load goes on', progressTimeoutMs, () => acknowledged.count > before);
      const backMs = await network.restartOne(victim);
      const figures = `node${victim} killed after ${ms(killedMs)}, new primary in ${ms(electedMs)}`;
      say(`round ${round}: ${acknowledged.count} acknowledged, ${figures}, back in ${ms(backMs)}`);
      recoveredMs.push(electedMs);
    }
  } finally {
    await load.stop();
  }
  await network.test.settled(progressTimeoutMs);
  await network.checkReceipts();
  await network.stopAndVerify();
};

/** Waits for a random moment; how long that was. */
async function moment(random: Random): Promise<number> {
  const afterMs = loadMsMin + random.integer(loadMsMax - loadMsMin);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  return afterMs;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
