/**
 * What epochs cost the throughput of a network (CONF-2): the same load on a network whose epochs roll every few seconds, and on one
 * whose epochs do not end by time, in turns; each of them with its key made and its first secret sealed before anything is measured.
 */
import type { Client } from '@coco/client';
import type { LoadSettings } from './loadOptions.js';
import { type Measured, measure } from './measure.js';
import type { BenchNetwork } from './network.js';
import { openStage, prepareTokens } from './rounds.js';
import { tokenTransfers, transfers } from './workload.js';

/** One load on one network. */
export interface EpochMeasured extends Measured {
  /** How many epochs began meanwhile. */
  readonly epochs: number;
}

/** Measured in pairs: those of the same round stand in the same place. */
export interface EpochFigures {
  readonly name: string;
  readonly rolling: EpochMeasured[];
  readonly still: EpochMeasured[];
}

export interface EpochSettings extends LoadSettings {
  /** How long an epoch lasts where they roll. */
  readonly epochSeconds: number;
}

const holdSeconds = 5;
const keyTimeoutMs = 60_000;

export async function runEpochRounds(
  settings: EpochSettings,
  say: (what: string) => void,
): Promise<readonly EpochFigures[]> {
  const transfer: EpochFigures = { name: 'transfer', rolling: [], still: [] };
  const token: EpochFigures = { name: 'ERC-20 transfer', rolling: [], still: [] };
  for (let round = 1; round <= settings.rounds; round++) {
    // Whichever comes first has the machine as the round before left it.
    for (const rolls of round % 2 === 1 ? [true, false] : [false, true]) {
      say(`round ${round} of ${settings.rounds}: epochs ${rolls ? 'roll' : 'do not roll'}`);
      const [plain, tokens] = await bothLoads(settings, rolls);
      const kind = rolls ? 'rolling' : 'still';
      transfer[kind].push(plain);
      token[kind].push(tokens);
    }
  }
  return [transfer, token];
}

async function bothLoads(
  settings: EpochSettings,
  rolls: boolean,
): Promise<readonly [EpochMeasured, EpochMeasured]> {
  const { count, epochSeconds } = settings;
  const governance = { epoch_seconds: rolls ? epochSeconds : 0, secret_hold_seconds: holdSeconds };
  const stage = await openStage(settings, governance);
  const { network, senders, signing } = stage;
  try {
    await keyMade(network);
    await measure(network, transfers(signing, senders, count >> 2), settings);
    const plain = await measureEpochs(network, transfers(signing, senders, count), settings);
    const address = await prepareTokens(stage);
    await measure(network, tokenTransfers(signing, senders, address, count >> 2), settings);
    const tokens = await measureEpochs(network, tokenTransfers(signing, senders, address, count), settings);
    return [plain, tokens];
  } finally {
    await network.stop();
  }
}

async function measureEpochs(
  network: BenchNetwork,
  raw: readonly string[],
  settings: EpochSettings,
): Promise<EpochMeasured> {
  const before = await epochOf(network);
  const measured = await measure(network, raw, settings);
  return { ...measured, epochs: (await epochOf(network)) - before };
}

interface Secrets {
  readonly epoch: number;
  readonly network_key?: { readonly share_held: boolean };
}

async function secretsOf(client: Client): Promise<Secrets> {
  const { secrets } = (await client.getJson('/node/state')) as { readonly secrets: Secrets };
  return secrets;
}

async function epochOf(network: BenchNetwork): Promise<number> {
  const [primary] = network.administrative();
  return primary === undefined ? Number.NaN : (await secretsOf(primary)).epoch;
}

/** Waits until every node holds a share of the network's key, and the genesis's secret is over. */
async function keyMade(network: BenchNetwork): Promise<void> {
  const clients = network.administrative();
  const endMs = performance.now() + keyTimeoutMs;
  for (;;) {
    const all = await Promise.all(clients.map(secretsOf));
    if (all.every(({ epoch, network_key: key }) => epoch > 1 && key?.share_held === true)) return;
    if (performance.now() > endMs) throw new Error(`no key of the network in time: ${JSON.stringify(all)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
