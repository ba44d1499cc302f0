/**
 * `coco replay`: real transactions through a real network, compared with what they did where they come from (DEMO-1).
 */
import { once } from 'node:events';
import process from 'node:process';
import { createClient } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { type Command, type OptionValues, text, UsageError, whole } from '../command.js';
import { readText } from '../ledger/textFile.js';
import { verificationJson } from '../ledger/verification.js';
import type { ReplayProgress } from '../replay/progress.js';
import { type NodeVerdict, type ReplayNetwork, startReplayNetwork } from '../replay/replayNetwork.js';
import { loadReplaySet, quantity, type ReplaySet } from '../replay/replaySet.js';
import { describeDeviation, describeNodes } from '../replay/replayText.js';
import { runReplay } from '../replay/runReplay.js';
import { bold, dim, green, liveLine, red, thousands, yellow } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const replay: Command = {
  name: 'replay',
  summary: 'execute recorded transactions on a network and compare every result',
  operands: 'DIR',
  options: {
    rpc: { type: 'string', value: 'URL', help: 'a running network instead of one of its own' },
    'service-certificate': { type: 'string', value: 'FILE', help: 'of the running network (PEM)' },
    nodes: { type: 'string', value: 'N', default: '3', help: 'nodes of its own network' },
    batch: { type: 'string', value: 'N', default: '250', help: 'transactions in one JSON-RPC request' },
    'in-flight': {
      type: 'string',
      value: 'N',
      default: '1',
      help: 'requests that may be accepted and not yet committed; over 1, the order needs a primary that stays',
    },
    'kill-backup': {
      type: 'boolean',
      help: 'SIGKILL a backup after a third of the way, start it again half-way',
    },
    keep: { type: 'string', value: 'DIR', help: 'where to put, and leave, its own network' },
    json: { type: 'boolean', help: 'the result as one JSON object' },
  },
  examples: [
    ['coco replay ../shared/data/ethereum/replay', '2,538 transactions of the public Ethereum network'],
    ['coco replay DIR --kill-backup', 'and lose a node on the way'],
    [
      'coco replay DIR --rpc https://127.0.0.1:8545 --service-certificate service.pem',
      'on a running network',
    ],
  ],
  async run(operands, options) {
    const directory = onlyOperand(operands, 'DIR');
    const plan = planOf(options);
    const set = loadReplaySet(directory);
    const screen = plan.json ? silence : screenOf(liveLine());
    const accounts = thousands(Object.keys(set.alloc).length);
    screen.say(
      `${bold('replay')}  ${thousands(set.transactions.length)} transactions on a ledger of ${accounts} accounts`,
    );
    const replayed = { set, plan, screen };
    if (plan.remote !== undefined) return replayOn(plan.remote, replayed);
    const status = await replayOnOwnNetwork(replayed);
    // What was interrupted still waits for answers that will not come.
    if (status === interruptedStatus) process.exit(status);
    return status;
  },
};

/** Lines that stay, and one below them that is redrawn. */
interface Screen {
  say(line: string): void;
  show(line: string): void;
}

const silence: Screen = { say: () => undefined, show: () => undefined };

function screenOf({ show, end }: ReturnType<typeof liveLine>): Screen {
  return { say: (line) => end(line), show };
}

interface Plan {
  readonly remote: Remote | undefined;
  readonly nodes: number;
  readonly batchItems: number;
  readonly inFlightBatches: number;
  readonly killBackup: boolean;
  readonly directory: string | undefined;
  readonly json: boolean;
}

interface Remote {
  readonly url: string;
  readonly serviceCertificatePem: string;
}

interface Replay {
  readonly set: ReplaySet;
  readonly plan: Plan;
  readonly screen: Screen;
}

function planOf(options: OptionValues): Plan {
  const [url, certificate] = [text(options, 'rpc'), text(options, 'service-certificate')];
  const killBackup = options['kill-backup'] === true;
  const directory = text(options, 'keep');
  const nodes = whole(options, 'nodes', 1, 9);
  if ((url === undefined) !== (certificate === undefined)) {
    throw new UsageError('--rpc and --service-certificate go together');
  }
  if (url !== undefined && (killBackup || directory !== undefined)) {
    throw new UsageError('--kill-backup and --keep are for a network of its own, not for --rpc');
  }
  if (killBackup && nodes < 3)
    throw new UsageError('--kill-backup needs 3 nodes or more to go on without one');
  const remote =
    url === undefined || certificate === undefined
      ? undefined
      : { url, serviceCertificatePem: readText(certificate) };
  return {
    remote,
    nodes,
    batchItems: whole(options, 'batch', 1, 1000),
    inFlightBatches: whole(options, 'in-flight', 1, 100),
    killBackup,
    directory,
    json: options.json === true,
  };
}

async function replayOn(remote: Remote, { set, plan, screen }: Replay): Promise<number> {
  const client = createClient(remote);
  try {
    const chainId = quantity(String(await client.jsonRpc('eth_chainId')));
    if (chainId !== 1n) {
      const sentence = `the network at ${remote.url} has chain id ${chainId}, and these transactions are for 1`;
      throw new CocoError('COCO_CLI_REPLAY_CHAIN', sentence, { url: remote.url });
    }
  } finally {
    client.close();
  }
  const progress = await runReplay({ set, ...remote, ...plan, show: screen.show });
  return conclude(progress, [], { set, plan, screen });
}

async function replayOnOwnNetwork({ set, plan, screen }: Replay): Promise<number> {
  const { alloc } = set;
  const startedMs = performance.now();
  const network = await startReplayNetwork({
    alloc,
    nodes: plan.nodes,
    ...(plan.directory !== undefined && { directory: plan.directory }),
  });
  let keep = true;
  try {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    screen.say(`  ${plan.nodes} nodes at ${network.url} and beside it, ready after ${seconds} s`);
    screen.say(yellow('  platform virtual: it proves nothing'));
    const status = await Promise.race([replayThere(network, { set, plan, screen }), interrupted()]);
    keep = status === 1;
    return status;
  } finally {
    await network.dispose(keep);
    if (keep || plan.directory !== undefined) {
      process.stderr.write(`${dim(`the network's files are in ${network.directory}`)}\n`);
    }
  }
}

/** Shares of the transactions after which a backup is killed, and started again. */
const killedAt = 1 / 3;
const restartedAt = 1 / 2;
const interruptedStatus = 130;

async function replayThere(network: ReplayNetwork, { set, plan, screen }: Replay): Promise<number> {
  const crash = plan.killBackup ? crashOfBackup(network, screen) : undefined;
  const { url, serviceCertificatePem } = network;
  const progress = await runReplay({
    set,
    url,
    serviceCertificatePem,
    ...plan,
    show: screen.show,
    ...(crash !== undefined && { onShare: crash.onShare }),
  });
  await crash?.over();
  screen.show(dim('  until all nodes have the same commit…'));
  return conclude(progress, await network.finish(), { set, plan, screen });
}

/** A crash in the middle of the replay: the rest goes on without that backup, and then with it. */
function crashOfBackup(network: ReplayNetwork, screen: Screen) {
  let killed: Promise<string | undefined> | undefined;
  let restarted: Promise<void> | undefined;
  const kill = async (): Promise<string | undefined> => {
    const name = await network.killBackup();
    screen.say(`  ${yellow('●')} ${name}, a backup, was killed (SIGKILL)`);
    return name;
  };
  const restart = async (): Promise<void> => {
    const name = await killed;
    network.restartBackup();
    screen.say(`  ${green('●')} ${name} was started again`);
  };
  return {
    onShare(share: number): void {
      if (share >= killedAt) killed ??= kill();
      if (share >= restartedAt) restarted ??= restart();
    },
    over: async (): Promise<void> => restarted,
  };
}

/** Says what came of it; the exit status. */
function conclude(
  progress: ReplayProgress,
  nodes: readonly NodeVerdict[],
  { set, plan, screen }: Replay,
): number {
  const { replayed, equal, deviations } = progress;
  const allEqual = equal === set.transactions.length;
  const isSound = nodes.every(({ verification }) => verification.sound);
  if (plan.json) {
    const result = { replayed, equal, seconds: progress.seconds(), perSecond: progress.mean() };
    const told = nodes.map(({ verification, ...node }) => ({
      ...node,
      verification: verificationJson(verification),
    }));
    process.stdout.write(`${JSON.stringify({ ...result, deviations, nodes: told })}\n`);
    return allEqual && isSound ? 0 : 1;
  }
  for (const deviation of deviations.slice(0, deviationsShownMax)) screen.say(describeDeviation(deviation));
  const more = replayed - equal - deviationsShownMax;
  if (more > 0) screen.say(dim(`  and ${thousands(more)} more transactions`));
  const rate = `${bold(`${thousands(progress.mean())} tx/s`)} from the first request to the last receipt`;
  screen.say(`  ${progress.seconds().toFixed(1)} s, ${rate}`);
  if (nodes.length > 0) screen.say(describeNodes(nodes));
  const style = allEqual && isSound ? green : red;
  screen.say(style(`replayed ${replayed}, equal ${equal}`));
  return allEqual && isSound ? 0 : 1;
}

const deviationsShownMax = 10;

/** Ctrl-C, as the exit status that it has in shells. */
async function interrupted(): Promise<number> {
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
  return interruptedStatus;
}
