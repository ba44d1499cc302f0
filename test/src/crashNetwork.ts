/**
 * A network under load whose processes are killed (SIGKILL), and the checks of what it still has afterwards.
 */
import path from 'node:path';
import { signerOf } from '@coco/cli';
import type { Client } from '@coco/client';
import type { Random } from '@coco/primitives';
import { Acknowledged } from './acknowledged.js';
import { type CocoResult, runCoco } from './coco.js';
import { deployToken } from './deployToken.js';
import { type Load, startLoad } from './load.js';
import { openTestNetwork, type TestNetwork } from './testNetwork.js';
import { until } from './until.js';

const nodes = 3;
/** Two of them talk to one node, as the lanes are spread. */
const lanes = 4;
const sendersPerLane = 3;
const recoveryTimeoutMs = 60_000;
/** Small, so that many crashes meet a file that has just been completed or begun. */
const chunkBytesMax = 64 * 1024;

export class CrashNetwork {
  readonly acknowledged = new Acknowledged();
  /** Everything that may not be. */
  readonly faults: string[] = [];
  readonly test: TestNetwork;
  readonly #random: Random;
  readonly #chainId: bigint;
  readonly #token: Uint8Array;

  private constructor(test: TestNetwork, random: Random, chainId: bigint, token: Uint8Array) {
    this.test = test;
    this.#random = random;
    this.#chainId = chainId;
    this.#token = token;
  }

  /** Starts a network, deploys the token, and gives some to every sender. */
  static async open(random: Random): Promise<CrashNetwork> {
    const test = await openTestNetwork({
      nodes,
      accounts: lanes * sendersPerLane,
      overrides: { ledger: { chunkBytesMax } },
    });
    try {
      const client = test.client(0);
      const chainId = BigInt(String(await client.jsonRpc('eth_chainId')));
      const token = await deployToken(client, test.accounts.map(signerOf), chainId);
      return new CrashNetwork(test, random, chainId, token);
    } catch (error) {
      await test.dispose();
      throw error;
    }
  }

  get directory(): string {
    return this.test.paths.directory;
  }

  startLoad(): Load {
    const signers = this.test.accounts.map(signerOf);
    return startLoad({
      url: (lane) => this.test.network.applicationUrl(lane % nodes),
      serviceCertificatePem: this.test.serviceCertificatePem,
      chainId: this.#chainId,
      token: this.#token,
      lanes: Array.from({ length: lanes }, (_, lane) =>
        signers.slice(lane * sendersPerLane, (lane + 1) * sendersPerLane),
      ),
      random: this.#random,
      onAcknowledged: (hash, receipt) => this.acknowledged.note(hash, receipt),
      onWrong: (what) => void this.faults.push(what),
    });
  }

  /** SIGKILL for all processes at once. */
  async killAll(): Promise<void> {
    await Promise.all(this.test.network.nodes.map((node) => node.kill()));
  }

  /** Starts all nodes again; resolves when all have committed the same, in a new view; the milliseconds it took. */
  async restartAll(): Promise<number> {
    const startedMs = performance.now();
    for (let node = 0; node < nodes; node++) this.test.network.restart(node);
    await this.test.network.ready(recoveryTimeoutMs);
    await this.test.settled(recoveryTimeoutMs);
    return performance.now() - startedMs;
  }

  /** Starts all nodes, and kills them `afterMs` later, wherever they are in their recovery. */
  async killWhileStarting(afterMs: number): Promise<void> {
    for (let node = 0; node < nodes; node++) this.test.network.restart(node);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await this.killAll();
  }

  /** SIGKILL for the primary; milliseconds until another node has committed in a view of its own. */
  async killPrimary(): Promise<{ readonly victim: number; readonly electedMs: number }> {
    const victim = await until('a primary', recoveryTimeoutMs, () => {
      const index = this.test.primaryIndex();
      return index >= 0 && index;
    });
    const view = this.test.network.primary()?.view ?? 0;
    await this.test.network.nodes[victim]?.kill();
    const killedMs = performance.now();
    const others = [0, 1, 2].filter((node) => node !== victim).map((node) => this.test.administrative(node));
    await until('a new primary that commits', recoveryTimeoutMs, async () => {
      const committed = await Promise.all(others.map(committedOf));
      return committed.some((txId) => txId.view > view);
    });
    return { victim, electedMs: performance.now() - killedMs };
  }

  /** Starts a node again; resolves when it has committed what the others had when it started. */
  async restartOne(node: number): Promise<number> {
    const startedMs = performance.now();
    await this.caughtUp(node, () => this.test.network.restart(node));
    return performance.now() - startedMs;
  }

  /** Resolves when a node runs and has committed what another had at first, before `begin`. */
  async caughtUp(node: number, begin?: () => void): Promise<void> {
    const other = await committedOf(this.test.administrative((node + 1) % nodes));
    const client = this.test.administrative(node);
    begin?.();
    await until(`node${node} has caught up`, recoveryTimeoutMs, async () => {
      const { seqno } = await committedOf(client);
      return this.test.network.nodes[node]?.report !== undefined && seqno >= other.seqno;
    });
  }

  /** Asks every node for `hashes`, or for everything that was acknowledged. */
  async checkReceipts(hashes?: readonly string[]): Promise<void> {
    const clients = this.test.network.nodes.map((_, node) => this.test.client(node));
    this.faults.push(...(await this.acknowledged.faults(clients, hashes)));
  }

  /** Stops the network in order; each node's ledger has to verify. */
  async stopAndVerify(): Promise<void> {
    await this.test.stop();
    for (const [node, { status, stdout }] of (await this.#verify()).entries()) {
      if (status !== 0) this.faults.push(`coco ledger verify of node${node} ended with ${status}: ${stdout}`);
    }
  }

  /**
   * Verifies the ledgers as a crash left them: sound, or sound up to a last write that was cut short, which the node
   * will cut off. How many were cut short.
   */
  async verifyCrashed(): Promise<number> {
    let torn = 0;
    for (const [node, { status, stdout }] of (await this.#verify()).entries()) {
      if (status === 0) continue;
      const { failure } = JSON.parse(stdout) as { failure: { code: string; file: string } };
      const isLast = /^ledger_\d+$/.test(failure.file);
      if (isLast && failure.code === 'COCO_LEDGER_CHUNK_TORN') torn++;
      else
        this.faults.push(`coco ledger verify of node${node} after the crash ended with ${status}: ${stdout}`);
    }
    return torn;
  }

  /** `coco ledger verify` on each node's ledger. */
  #verify(): Promise<readonly CocoResult[]> {
    const { paths, network } = this.test;
    const how = ['--service-certificate', paths.serviceCertificate, '--json'];
    return Promise.all(
      network.nodes.map((_, node) =>
        runCoco('ledger', 'verify', path.join(paths.node(node), 'ledger'), ...how),
      ),
    );
  }

  /** Stops what still runs; removes the directory unless there is something to look at in it. */
  async close(): Promise<void> {
    if (this.faults.length === 0) await this.test.dispose();
    else await this.test.stop();
  }
}

async function committedOf(client: Client): Promise<{ readonly view: number; readonly seqno: number }> {
  const { transaction_id: txId } = (await client.getJson('/node/commit')) as { transaction_id: string };
  const [view = 0, seqno = 0] = txId.split('.').map(Number);
  return { view, seqno };
}
