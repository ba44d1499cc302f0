/**
 * The rounds of the benchmark: in each, every load once on Coco and once on the baseline, so that whatever else the
 * machine does meets all of them.
 */
import { loadReplaySet, replayGenesis, sandboxGenesis } from '@coco/cli';
import { createAddress, type Signer } from '@coco/ethereum';
import { toHex } from '@coco/primitives';
import { type Anvil, openAnvil } from './anvil.js';
import { drive } from './drive.js';
import type { LoadSettings } from './loadOptions.js';
import { type Measured, measure, measureInOrder } from './measure.js';
import { type BenchNetwork, type BenchNetworkOptions, openBenchNetwork } from './network.js';
import {
  createSenders,
  deployToken,
  distributeTokens,
  Signing,
  tokenTransfers,
  transfers,
} from './workload.js';

export interface BenchSettings extends LoadSettings {
  /** Directory of a replay set; absent: that load is left out. */
  readonly replay?: string;
  readonly baseline: boolean;
}

/** The figures of one load, one for each round. */
export interface LoadFigures {
  readonly name: string;
  /** Sent as fast as answers come. */
  readonly full: Measured[];
  /** Sent at half the throughput of the same round. */
  readonly half: Measured[];
}

export interface BenchFigures {
  readonly loads: readonly LoadFigures[];
  /** The baseline's transactions per second, one for each round; empty when there is none. */
  readonly baseline: number[];
  readonly baselineName: string;
}

const chainId = 4242;

export async function runRounds(settings: BenchSettings, say: (what: string) => void): Promise<BenchFigures> {
  const transfer: LoadFigures = { name: 'transfer', full: [], half: [] };
  const token: LoadFigures = { name: 'ERC-20 transfer', full: [], half: [] };
  const replay: LoadFigures = { name: 'replay set', full: [], half: [] };
  const baseline: number[] = [];
  let baselineName = '';
  for (let round = 1; round <= settings.rounds; round++) {
    const prefix = `round ${round} of ${settings.rounds}:`;
    say(`${prefix} starting a network`);
    const stage = await openStage(settings);
    try {
      await bothLoads(stage, settings, transfer, token, (what) => say(`${prefix} ${what}`));
    } finally {
      await stage.network.stop();
    }
    if (settings.replay !== undefined) {
      say(`${prefix} replay set`);
      replay.full.push(await replayLoad(settings, settings.replay));
    }
    if (settings.baseline) {
      say(`${prefix} baseline`);
      const found = await baselineLoad(settings);
      if (found !== undefined) baseline.push(found.txPerSecond);
      baselineName = found?.name ?? '';
    }
  }
  const loads = [transfer, token, replay].filter(({ full }) => full.length > 0);
  return { loads, baseline, baselineName };
}

/** A network with funded senders. */
export interface Stage {
  readonly network: BenchNetwork;
  readonly senders: readonly Signer[];
  readonly signing: Signing;
}

/** `governance`: settings of the genesis, besides what is usual. */
export async function openStage(
  settings: LoadSettings,
  governance: BenchNetworkOptions['governance'] = {},
): Promise<Stage> {
  const senders = createSenders(settings.senders);
  const { nodes, isolation } = settings;
  const network = await openBenchNetwork({ nodes, isolation, governance, genesis: genesisFor(senders) });
  return { network, senders, signing: new Signing(BigInt(chainId)) };
}

function genesisFor(senders: readonly Signer[]): unknown {
  const accounts = senders.map(({ address }) => ({ address: `0x${toHex(address)}`, privateKey: '' }));
  return sandboxGenesis(accounts, chainId);
}

async function bothLoads(
  stage: Stage,
  settings: BenchSettings,
  transfer: LoadFigures,
  token: LoadFigures,
  say: (what: string) => void,
): Promise<void> {
  const { network, senders, signing } = stage;
  const { count } = settings;
  say('transfers');
  const warmUp = transfers(signing, senders, count >> 2);
  await measure(network, warmUp, settings);
  const full = await measure(network, transfers(signing, senders, count), settings);
  transfer.full.push(full);
  const calm = full.txPerSecond / 2;
  transfer.half.push(await measure(network, transfers(signing, senders, count), settings, calm));

  say('ERC-20 transfers');
  const address = await prepareTokens(stage);
  await measure(network, tokenTransfers(signing, senders, address, count >> 2), settings);
  const fullToken = await measure(network, tokenTransfers(signing, senders, address, count), settings);
  token.full.push(fullToken);
  const load = tokenTransfers(signing, senders, address, count);
  token.half.push(await measure(network, load, settings, fullToken.txPerSecond / 2));
}

/** Deploys the token and gives every sender some; its address. */
export async function prepareTokens({ network, senders, signing }: Stage): Promise<Uint8Array> {
  const [deployer] = senders as readonly [Signer];
  const client = network.client();
  const address = createAddress(deployer.address, signing.nonceOf(deployer));
  await client.jsonRpc('eth_sendRawTransaction', [deployToken(signing, senders)]);
  await measureInOrder(network, distributeTokens(signing, senders, address), 100);
  return address;
}

async function replayLoad(settings: BenchSettings, directory: string): Promise<Measured> {
  const { alloc, transactions } = loadReplaySet(directory);
  const { nodes, isolation, batchSize } = settings;
  // Public blocks had room for transactions of 30 million gas.
  const adapterSettings = { transactionGasMax: 2 ** 32 };
  const genesis = replayGenesis(alloc);
  const network = await openBenchNetwork({ nodes, isolation, genesis, adapterSettings });
  try {
    const raw = transactions.map((transaction) => transaction.raw);
    return await measureInOrder(network, raw, batchSize);
  } finally {
    await network.stop();
  }
}

async function baselineLoad(
  settings: BenchSettings,
): Promise<{ readonly name: string; readonly txPerSecond: number } | undefined> {
  const senders = createSenders(settings.senders);
  const signing = new Signing(BigInt(chainId));
  const anvil = await openAnvil(genesisFor(senders));
  if (anvil === undefined) return undefined;
  try {
    const { batchSize, inFlight, count } = settings;
    const connections = Array.from({ length: settings.connections }, () => anvil.connection);
    const send = (raw: readonly string[]): Promise<number> =>
      drive({ connections, raw, batchSize, inFlight }).then((batches) => anvil.mined(batches));
    const [deployer] = senders as readonly [Signer];
    const address = createAddress(deployer.address, 0n);
    await mined(anvil, [deployToken(signing, senders)]);
    await mined(anvil, distributeTokens(signing, senders, address));
    await send(tokenTransfers(signing, senders, address, count >> 2));
    const seconds = await send(tokenTransfers(signing, senders, address, count));
    return { name: `anvil ${anvil.version}, ERC-20 transfer`, txPerSecond: count / seconds };
  } finally {
    await anvil.stop();
  }
}

async function mined(anvil: Anvil, raw: readonly string[]): Promise<void> {
  await anvil.mined(await drive({ connections: [anvil.connection], raw, batchSize: 100, inFlight: 1 }));
}
