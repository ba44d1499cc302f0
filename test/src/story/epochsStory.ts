/**
 * The story of a network that nobody can read alone (CONF-2 to CONF-4): epochs roll every few seconds while clients transact,
 * actors come and go, and nodes are killed; with M of N it goes on, with fewer it waits and says for whom.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { ReplaySet } from '@coco/cli';
import { seededRandom } from '@coco/primitives';
import { CustodyNetwork } from '../custody/custodyNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import { until } from '../until.js';
import { ledgersAreSound, nothingIsLost } from './ending.js';
import {
  cannotProve,
  memberComes,
  memberGoes,
  oneOfThreeRestarts,
  oneReturns,
  participantGoes,
  participantJoins,
  provesOld,
  threeGone,
  twoGone,
} from './epochsChapters.js';
import {
  comeBack,
  type EpochsStage,
  epochsGoBy,
  kill,
  networkKey,
  rememberEntry,
  type Timed,
} from './epochsStage.js';
import { createNarrator, type Narrator, type ToldStep } from './narrator.js';
import { must } from './stage.js';
import { StoryLoad, storyGenesis } from './storyLoad.js';

export interface EpochsOptions {
  /** Where everything goes. */
  readonly directory: string;
  /** Whether it stays when all went well; it always does otherwise. */
  readonly keep: boolean;
  /** All of it; or only the chapters in which nodes are killed. */
  readonly length: 'whole' | 'short';
  /** Replayed meanwhile, if given. */
  readonly set?: ReplaySet;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface EpochsResult {
  /** Empty when all is well. */
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly steps: readonly ToldStep[];
  readonly acknowledged: number;
  readonly lost: number;
  readonly replayed?: { readonly replayed: number; readonly equal: number; readonly of: number };
  /** How many began after the first. */
  readonly epochs: number;
  /** How often shares of the network's key were made anew. */
  readonly resharings: number;
  readonly times: readonly Timed[];
  readonly directory: string;
}

const founders = ['acme', 'bolt', 'cora', 'dora', 'edda'] as const;
/** The participant that all clients are. */
const client = 'carrier';
const settings = { epoch_seconds: 3, secret_hold_seconds: 5 };
/** Longer than any outage here, on a machine that is busy. */
const patienceMs = 240_000;
const timeoutMs = 60_000;

/** What is known so far, whatever happens. */
interface Told {
  custody?: CustodyNetwork;
  stage?: EpochsStage;
  lost: number;
  epochs: number;
  resharings: number;
}

/** Plays it; settles when all processes have stopped. */
export async function playEpochs(options: EpochsOptions): Promise<EpochsResult> {
  const startedMs = performance.now();
  const narrator = createNarrator(options.say);
  const faults: string[] = [];
  const told: Told = { lost: 0, epochs: 0, resharings: 0 };
  try {
    await play(options, narrator, faults, told);
  } catch (error) {
    faults.push(error instanceof Error ? String(error.stack) : String(error));
    await told.stage?.load.abandon();
  }
  await told.custody?.governed.stop();
  faults.push(...(told.stage?.load.faults ?? []).slice(0, 20));
  if (faults.length === 0 && !options.keep) rmSync(options.directory, { recursive: true, force: true });
  const replayed = told.stage?.load.replayed;
  const { lost, epochs, resharings } = told;
  return {
    faults,
    seconds: (performance.now() - startedMs) / 1000,
    steps: narrator.steps,
    acknowledged: told.stage?.load.acknowledged.count ?? 0,
    lost,
    ...(replayed !== undefined && { replayed }),
    epochs,
    resharings,
    times: told.stage?.times ?? [],
    directory: options.directory,
  };
}

async function play(options: EpochsOptions, narrator: Narrator, faults: string[], told: Told): Promise<void> {
  const stage = await begin(options, narrator, told);
  const originals = stage.nodes;
  const joined = options.length === 'whole' ? await actorsComeAndGo(stage) : undefined;
  await nodesAreKilled(stage, joined);
  await end(stage, originals, faults, told);
}

async function begin(options: EpochsOptions, narrator: Narrator, told: Told): Promise<EpochsStage> {
  const { directory, set, seed } = options;
  const { accounts, genesis } = storyGenesis(set);
  const custody = await narrator.step(
    `${founders.join(', ')} make keys, the genesis of a network, start a node each, and make the network's key.`,
    async () => {
      const made = await CustodyNetwork.make({
        members: founders,
        settings,
        nodesMax: founders.length + 2,
        governed: {
          directory: path.resolve(directory),
          ethereumGenesis: genesis,
          // Public blocks had room for transactions of 30 million gas.
          settings: { adapters: [{ module: '@coco/ethereum', settings: { transactionGasMax: 2 ** 32 } }] },
          create: ['--voting-policy', 'majority'],
        },
      });
      told.custody = made;
      await made.start();
      return made;
    },
  );
  const network = custody.governed;
  return narrator.step('Clients begin to transact, and go on until the end.', async () => {
    const load = await StoryLoad.start({
      network,
      client: network.member(client),
      accounts,
      ...(set && { set }),
      patienceMs,
      random: seededRandom(seed),
    });
    const members = founders.map((who) => network.member(who));
    const nodes = [...network.nodes];
    const stage = {
      network,
      custody,
      load,
      narrator,
      members,
      nodes,
      joins: [],
      replacements: [],
      old: [],
      times: [],
    };
    told.stage = stage;
    await until('transactions are acknowledged', timeoutMs, () => load.acknowledged.count > 0);
    const key = await networkKey(stage);
    must(key.threshold === 3 && key.actors.length === founders.length, 'three of five can decrypt');
    narrator.see(
      `it takes ${key.threshold} of ${key.actors.length} to decrypt; every ${settings.epoch_seconds} s an epoch begins`,
    );
    const replay = set === undefined ? '' : `, and ${set.transactions.length} recorded transactions`;
    narrator.see(`transfers through all nodes, in the name of the participant ${client}${replay}`);
    return stage;
  });
}

/** In the end there are five of them again; the node that came last. */
async function actorsComeAndGo(stage: EpochsStage): Promise<GovernedNode> {
  const { narrator } = stage;
  await narrator.step('Epochs go by, and two transactions of them are remembered.', async () => {
    await rememberEntry(stage);
    await epochsGoBy(stage, 2);
    await rememberEntry(stage);
    await epochsGoBy(stage, 2);
  });
  const node = await narrator.step('A participant is admitted, and its node joins.', () =>
    participantJoins(stage, 'gust'),
  );
  await narrator.step('The participant is removed, and its node.', () =>
    participantGoes(stage, 'gust', node),
  );
  const joined = await narrator.step('A sixth member is admitted, and its node joins.', () =>
    memberComes(stage, 'fern'),
  );
  await narrator.step('edda is removed, and its node.', () => memberGoes(stage, 'edda'));
  return joined;
}

/** `joined`: a node that came after the entries that are remembered. */
async function nodesAreKilled(stage: EpochsStage, joined: GovernedNode | undefined): Promise<void> {
  const { narrator, network, nodes, old } = stage;
  const primary = await network.primary();
  const others = nodes.filter((node) => node !== joined);
  const [first, second, third, fourth] = others.toSorted(
    (a, b) => Number(b === primary) - Number(a === primary),
  );
  must(
    first !== undefined && second !== undefined && third !== undefined && fourth !== undefined,
    'there are four others',
  );
  const witness = joined ?? nodes.find((node) => ![first, second, third, fourth].includes(node));
  must(witness !== undefined, 'there is a fifth');
  network.ask(witness);
  const [early, late] = old;
  await narrator.step(`${first.name} and ${second.name} are killed.`, async () => {
    await twoGone(stage, [first, second]);
    if (joined !== undefined && early !== undefined) await provesOld(stage, joined, early);
  });
  await narrator.step(`${third.name}, one of the three that are left, is killed and comes back.`, () =>
    oneOfThreeRestarts(stage, third),
  );
  await narrator.step(`${first.name} comes back, and is killed again.`, async () => {
    await comeBack(stage, first);
    await kill(stage, first);
  });
  await narrator.step(
    `${third.name} is killed as well: three are gone. ${fourth.name} is started again.`,
    async () => {
      await threeGone(stage, third, fourth);
      const silent = nodes.filter(({ running }) => !running).map(({ actor }) => network.member(actor));
      if (joined !== undefined && late !== undefined) await cannotProve(stage, joined, late, silent);
    },
  );
  await narrator.step(`${third.name} returns.`, async () => {
    await oneReturns(stage, third, fourth);
    if (joined !== undefined && late !== undefined) await provesOld(stage, joined, late);
  });
  await narrator.step(`${first.name} and ${second.name} return.`, async () => {
    for (const node of [first, second]) await comeBack(stage, node);
  });
}

async function end(
  stage: EpochsStage,
  originals: readonly GovernedNode[],
  faults: string[],
  told: Told,
): Promise<void> {
  const { narrator, custody, network } = stage;
  await narrator.step('The clients end; nothing that was acknowledged is lost.', async () => {
    told.lost = await nothingIsLost(stage, client, faults);
    const { epoch, network_key: key } = await custody.secrets(network.asked);
    told.epochs = epoch - 1;
    told.resharings = (key?.generation ?? 1) - 1;
    narrator.see(
      `${told.epochs} epochs began, and shares of the key were made anew ${told.resharings} times`,
    );
  });
  await narrator.step('All nodes stop; the ledger of every node that ever was verifies.', () =>
    ledgersAreSound(stage, originals, faults),
  );
}
