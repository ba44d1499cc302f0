/**
 * What clients do while the network is governed: transfers through all nodes, and the replay set if it is there. It
 * remembers every transaction that was acknowledged, and when.
 */
import { createAccounts, type ReplaySet, replayGenesis, sandboxGenesis, signerOf } from '@coco/cli';
import type { Client } from '@coco/client';
import type { Random } from '@coco/primitives';
import { Acknowledged } from '../acknowledged.js';
import { deployToken } from '../deployToken.js';
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import type { Person } from '../governed/person.js';
import { type Load, startLoad } from '../load.js';
import { type PausedStream, startPausedStream } from './pausedStream.js';

const lanes = 3;
const sendersPerLane = 2;
const replayPauseMs = 400;
const replayTimeoutMs = 10_000;
const fundsWei = `0x${(10n ** 24n).toString(16)}`;

/** The accounts that transfer, and the genesis that they and the replay set need. */
export function storyGenesis(set: ReplaySet | undefined) {
  const accounts = createAccounts(lanes * sendersPerLane);
  const own = Object.fromEntries(accounts.map(({ address }) => [address, { balance: fundsWei }]));
  return {
    accounts,
    genesis: set === undefined ? sandboxGenesis(accounts) : replayGenesis({ ...set.alloc, ...own }),
  };
}

export interface StoryLoadOptions {
  readonly network: GovernedNetwork;
  /** Who the clients are. */
  readonly client: Person;
  readonly accounts: ReturnType<typeof storyGenesis>['accounts'];
  readonly set?: ReplaySet;
  /** How long the replay set waits for a network that does not answer: see pausedStream.ts. */
  readonly patienceMs?: number;
  readonly random: Random;
}

export class StoryLoad {
  readonly acknowledged = new Acknowledged();
  /** What may not happen. */
  readonly faults: string[] = [];
  /** Nodes that clients talk to; changed as nodes come and go. */
  nodes: readonly GovernedNode[];
  readonly #acknowledgedMs: number[] = [];
  readonly #options: StoryLoadOptions;
  readonly #load: Load;
  readonly #stream: PausedStream | undefined;
  #streamClient: { readonly url: string; readonly client: Client } | undefined;

  private constructor(options: StoryLoadOptions, chainId: bigint, token: Uint8Array) {
    this.#options = options;
    const { network, client, accounts, set, patienceMs, random } = options;
    this.nodes = [...network.nodes];
    const signers = accounts.map(signerOf);
    this.#load = startLoad({
      url: (lane) => this.#urlOf(lane),
      serviceCertificatePem: network.serviceCertificatePem,
      clientCertificate: client.identity(),
      chainId,
      token,
      lanes: Array.from({ length: lanes }, (_, lane) =>
        signers.slice(lane * sendersPerLane, (lane + 1) * sendersPerLane),
      ),
      random,
      onAcknowledged: (hash, receipt) => this.#note(hash, receipt),
      onWrong: (what) => void this.faults.push(what),
    });
    this.#stream =
      set === undefined
        ? undefined
        : startPausedStream({
            set,
            client: () => this.#clientOfStream(),
            pauseMs: replayPauseMs,
            ...(patienceMs !== undefined && { patienceMs }),
            onAcknowledged: (hash, receipt) => this.#note(hash, receipt),
          });
  }

  /** Deploys the token; the load goes on until `finish`. */
  static async start(options: StoryLoadOptions): Promise<StoryLoad> {
    const { network, client, accounts } = options;
    const first = network.client(network.asked.applicationUrl, client);
    const chainId = BigInt(String(await first.jsonRpc('eth_chainId')));
    return new StoryLoad(options, chainId, await deployToken(first, accounts.map(signerOf), chainId));
  }

  /** The longest time without an acknowledgement between two moments of `performance.now()`. */
  longestPauseMs(fromMs: number, toMs: number): number {
    const times = [fromMs, ...this.#acknowledgedMs.filter((at) => at > fromMs && at < toMs), toMs];
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
  }

  /** Of the replay set: how many were sent, and how many did what they did where they come from. */
  get replayed(): { readonly replayed: number; readonly equal: number; readonly of: number } | undefined {
    const { set } = this.#options;
    if (this.#stream === undefined || set === undefined) return undefined;
    const { replayed, equal } = this.#stream.progress;
    return { replayed, equal, of: set.transactions.length };
  }

  /** The rest of the replay set without pauses; then no more requests. */
  async finish(): Promise<void> {
    try {
      await this.#stream?.hurry();
      for (const { index, differences } of this.#stream?.progress.deviations ?? []) {
        this.faults.push(`transaction ${index} of the replay set differs: ${JSON.stringify(differences)}`);
      }
    } finally {
      await this.#load.stop();
      this.#streamClient?.client.close();
    }
  }

  /** No more requests, whatever is left of the replay set. */
  async abandon(): Promise<void> {
    await this.#load.stop();
    this.#streamClient?.client.close();
  }

  #note(hash: string, receipt: unknown): void {
    const before = this.acknowledged.count;
    this.acknowledged.note(hash, receipt);
    if (this.acknowledged.count > before) this.#acknowledgedMs.push(performance.now());
  }

  #urlOf(lane: number): string {
    return this.nodes[lane % this.nodes.length]?.applicationUrl ?? '';
  }

  #clientOfStream(): Client {
    const url = this.#urlOf(0);
    if (this.#streamClient?.url !== url) {
      this.#streamClient?.client.close();
      const { network, client } = this.#options;
      this.#streamClient = { url, client: network.client(url, client, replayTimeoutMs) };
    }
    return this.#streamClient.client;
  }
}
