/**
 * The story of a network that its members govern: how it begins, who comes and goes, that every first node is replaced,
 * and that clients notice none of it. On real processes, by the `coco` command, as people would do it.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { ReplaySet } from '@coco/cli';
import { seededRandom } from '@coco/primitives';
import { GovernedNetwork } from '../governed/governedNetwork.js';
import type { CommandRun } from '../governed/person.js';
import { until } from '../until.js';
import { admitMember, comeAndGo, newcomerVotes, replace, unanimityAndBack } from './chapters.js';
import { ledgersAreSound, nothingIsLost } from './ending.js';
import { createNarrator, type Narrator, type ToldStep } from './narrator.js';
import { type JoinTimes, join, must, type Replacement, remove, type Stage } from './stage.js';
import { StoryLoad, storyGenesis } from './storyLoad.js';

export interface StoryOptions {
  /** Where everything goes. */
  readonly directory: string;
  /** Whether it stays when all went well; it always does otherwise. */
  readonly keep: boolean;
  /** All of it; or a fourth member and its node, and one first node that leaves. */
  readonly length: 'whole' | 'short';
  /** Replayed meanwhile, if given. */
  readonly set?: ReplaySet;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Told of every command that somebody ran. */
  readonly onRun?: (run: CommandRun) => void;
  /** Told when the story is over and the network still runs. */
  readonly onEnd?: (stage: Stage) => Promise<void>;
}

export interface StoryResult {
  /** Empty when all is well. */
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly steps: readonly ToldStep[];
  readonly acknowledged: number;
  readonly replayed?: { readonly replayed: number; readonly equal: number; readonly of: number };
  readonly joins: readonly JoinTimes[];
  readonly replacements: readonly Replacement[];
  readonly directory: string;
}

const founders = ['acme', 'bolt', 'cora'] as const;
const newcomer = 'dora';
/** The participant that all clients are. */
const client = 'carrier';
/** Three, one of the newcomer, and one for each that is replaced. */
const nodesMax = 7;
const settledTimeoutMs = 60_000;

/** Plays it; settles when all processes have stopped. */
export async function playStory(options: StoryOptions): Promise<StoryResult> {
  const startedMs = performance.now();
  const narrator = createNarrator(options.say);
  const faults: string[] = [];
  const told: { stage?: Stage; network?: GovernedNetwork } = {};
  try {
    await play(options, narrator, faults, told);
  } catch (error) {
    faults.push(error instanceof Error ? String(error.stack) : String(error));
  }
  await told.stage?.load.finish().catch(() => undefined);
  await told.network?.stop();
  faults.push(...(told.stage?.load.faults ?? []));
  if (faults.length === 0 && !options.keep) rmSync(options.directory, { recursive: true, force: true });
  const { stage } = told;
  const replayed = stage?.load.replayed;
  return {
    faults,
    seconds: (performance.now() - startedMs) / 1000,
    steps: narrator.steps,
    acknowledged: stage?.load.acknowledged.count ?? 0,
    ...(replayed !== undefined && { replayed }),
    joins: stage?.joins ?? [],
    replacements: stage?.replacements ?? [],
    directory: options.directory,
  };
}

async function play(
  options: StoryOptions,
  narrator: Narrator,
  faults: string[],
  told: { stage?: Stage; network?: GovernedNetwork },
): Promise<void> {
  const stage = await begin(options, narrator, told);
  const originals = stage.nodes;
  await narrator.step(`${newcomer} becomes the fourth member, by a vote of the three.`, () =>
    admitMember(stage, newcomer),
  );
  const dora = stage.network.member(newcomer);
  const fourth = await narrator.step(`A node of ${newcomer} joins.`, () => join(stage, dora, 'tuple'));
  if (options.length === 'short') {
    const [first] = originals;
    must(first !== undefined, 'there is a first node');
    await narrator.step(`${first.name} is removed.`, () => remove(stage, first));
  } else {
    await narrator.step(`${newcomer} votes.`, () => newcomerVotes(stage, dora));
    await narrator.step('Voting becomes unanimous, and a majority decides again.', () =>
      unanimityAndBack(stage),
    );
    await narrator.step('A participant is admitted, connects, and is removed.', () =>
      comeAndGo(stage, 'visitor'),
    );
    await narrator.step(`The node of ${newcomer} is removed.`, () => remove(stage, fourth));
    await replace(stage, originals);
  }
  await end(options, stage, faults);
}

async function begin(
  options: StoryOptions,
  narrator: Narrator,
  told: { stage?: Stage; network?: GovernedNetwork },
): Promise<Stage> {
  const { directory, set, seed, onRun } = options;
  const { accounts, genesis } = storyGenesis(set);
  const network = await narrator.step(
    `${founders.join(', ')} make keys, and the genesis of a network.`,
    async () => {
      const made = await GovernedNetwork.create({
        directory: path.resolve(directory),
        members: founders,
        participants: [client],
        nodesMax,
        ethereumGenesis: genesis,
        // Public blocks had room for transactions of 30 million gas.
        settings: { adapters: [{ module: '@coco/ethereum', settings: { transactionGasMax: 2 ** 32 } }] },
        create: ['--voting-policy', 'majority'],
        ...(onRun && { onRun }),
      });
      narrator.see(`the service is ${made.serviceFingerprint.slice(0, 16)}…; files in ${made.directory}`);
      return made;
    },
  );
  told.network = network;
  await narrator.step('Each of them starts a node.', async () => {
    await network.start();
    await network.keyed();
    const { healthy } = await network.member(founders[0]).json('network', 'status');
    must(healthy === true, 'coco network status finds everything well');
    narrator.see(`${(await network.primary())?.name} is the primary`);
  });
  return narrator.step('Clients begin to transact, and go on until the end.', async () => {
    const load = await StoryLoad.start({
      network,
      client: network.member(client),
      accounts,
      ...(set && { set }),
      random: seededRandom(seed),
    });
    const members = founders.map((who) => network.member(who));
    told.stage = { network, load, narrator, members, nodes: [...network.nodes], joins: [], replacements: [] };
    await until('transactions are acknowledged', settledTimeoutMs, () => load.acknowledged.count > 0);
    const replay = set === undefined ? '' : `, and ${set.transactions.length} recorded transactions`;
    narrator.see(`transfers through all nodes, in the name of the participant ${client}${replay}`);
    return told.stage;
  });
}

async function end({ onEnd }: StoryOptions, stage: Stage, faults: string[]): Promise<void> {
  const { network, narrator } = stage;
  await narrator.step('The clients end; nothing that was acknowledged is lost.', () =>
    nothingIsLost(stage, client, faults),
  );
  await onEnd?.(stage);
  await narrator.step('All nodes stop; the ledger of every node that ever was verifies.', () =>
    ledgersAreSound(stage, network.nodes.slice(0, founders.length), faults),
  );
}
