/**
 * A network for one replay: made from the set's genesis, in a directory of its own, gone afterwards. It can lose a
 * backup on the way (SIGKILL) and get it back; at the end all nodes must have the same ledger, and a sound one.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@coco/client';
import { parseCertificate } from '@coco/crypto';
import { CocoError } from '@coco/primitives';
import { type Verification, verifyLedger } from '../ledger/verification.js';
import { createSandbox, sandboxPaths } from '../sandbox/files.js';
import { freeBasePort } from '../sandbox/freePorts.js';
import { type Network, startNetwork } from '../sandbox/network.js';
import { replayGenesis } from './replaySet.js';

export interface ReplayNetworkOptions {
  readonly alloc: object;
  readonly nodes: number;
  /** Must not exist yet, or be empty; kept. Default: a temporary one, removed by `dispose`. */
  readonly directory?: string;
}

/** A node at the end of a replay. */
export interface NodeVerdict {
  readonly name: string;
  /** The last commit that it told, as a TxId. */
  readonly commit: string;
  readonly verification: Verification;
}

export interface ReplayNetwork {
  readonly directory: string;
  /** JSON-RPC of the primary. */
  readonly url: string;
  readonly serviceCertificatePem: string;
  /** SIGKILL for a backup; its name, or undefined when there is none to spare. */
  killBackup(): Promise<string | undefined>;
  /** Starts what was killed. */
  restartBackup(): void;
  /** Waits until all nodes have the same commit, stops them, and verifies each ledger. COCO_CLI_NODE, _TIMEOUT. */
  finish(): Promise<readonly NodeVerdict[]>;
  /** Stops whatever still runs; removes a temporary directory unless `keep`. */
  dispose(keep: boolean): Promise<void>;
}

const readyTimeoutMs = 60_000;
const sameCommitTimeoutMs = 60_000;

/** Makes and starts a network, and waits until it has committed its genesis. */
export async function startReplayNetwork(options: ReplayNetworkOptions): Promise<ReplayNetwork> {
  const { alloc, nodes } = options;
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), 'coco-replay-'));
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new CocoError('COCO_CLI_REPLAY_DIRECTORY', `${directory} is not empty; name a new directory`);
  }
  const basePort = await freeBasePort(nodes);
  await createSandbox(
    {
      directory,
      nodes,
      basePort,
      isolation: 'thread',
      ethereumGenesis: replayGenesis(alloc),
      adapterModule: '@coco/ethereum',
      // Public blocks had room for transactions of 30 million gas.
      adapterSettings: { transactionGasMax: 2 ** 32 },
    },
    Date.now(),
  );
  const network = startNetwork(sandboxPaths(directory), nodes);
  const running = new Running(directory, network, options.directory === undefined);
  try {
    await network.ready(readyTimeoutMs);
  } catch (error) {
    await running.dispose(true);
    throw error;
  }
  return running;
}

class Running implements ReplayNetwork {
  readonly directory: string;
  readonly #network: Network;
  readonly #temporary: boolean;
  #killed: number | undefined;

  constructor(directory: string, network: Network, temporary: boolean) {
    this.directory = directory;
    this.#network = network;
    this.#temporary = temporary;
  }

  get url(): string {
    const { nodes } = this.#network;
    const primary = nodes.findIndex(({ report }) => report?.role === 'primary');
    return this.#network.applicationUrl(Math.max(0, primary));
  }

  get serviceCertificatePem(): string {
    return readFileSync(sandboxPaths(this.directory).serviceCertificate, 'utf8');
  }

  async killBackup(): Promise<string | undefined> {
    const { nodes } = this.#network;
    const index = nodes.findIndex(({ report }) => report?.role === 'backup');
    const node = nodes[index];
    if (node === undefined) return undefined;
    this.#killed = index;
    await node.kill();
    return node.name;
  }

  restartBackup(): void {
    if (this.#killed !== undefined) this.#network.restart(this.#killed);
    this.#killed = undefined;
  }

  async finish(): Promise<readonly NodeVerdict[]> {
    this.restartBackup();
    const commit = await this.#sameCommit();
    await this.#network.stop();
    const serviceCertificate = parseCertificate(this.serviceCertificatePem);
    const paths = sandboxPaths(this.directory);
    return this.#network.nodes.map(({ name }, index) => ({
      name,
      commit,
      verification: verifyLedger(path.join(paths.node(index), 'ledger'), { serviceCertificate }),
    }));
  }

  async dispose(keep: boolean): Promise<void> {
    await this.#network.stop();
    if (this.#temporary && !keep) rmSync(this.directory, { recursive: true, force: true });
  }

  /** The commit that all nodes tell, once they tell the same twice. */
  async #sameCommit(): Promise<string> {
    const deadlineMs = performance.now() + sameCommitTimeoutMs;
    for (let before = ''; ; ) {
      const ended = this.#network.nodes.findIndex(({ running }) => !running);
      if (ended >= 0) {
        const log = path.join(sandboxPaths(this.directory).node(ended), 'node.log');
        throw new CocoError('COCO_CLI_NODE', `node${ended} ended; its log says why: ${log}`, { node: ended });
      }
      const commits = await Promise.all(this.#network.nodes.map((_, index) => this.#commitOf(index)));
      const [first = ''] = commits;
      if (first !== '' && first === before && commits.every((commit) => commit === first)) return first;
      if (performance.now() > deadlineMs) {
        const told = commits
          .map((commit, index) => `node${index} ${commit === '' ? 'nothing' : commit}`)
          .join(', ');
        throw new CocoError('COCO_CLI_TIMEOUT', `the nodes did not reach the same commit: ${told}`);
      }
      before = first;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Empty while the node cannot tell. */
  async #commitOf(index: number): Promise<string> {
    const url = this.#network.applicationUrl(index);
    if (url === '') return '';
    const client = createClient({ url, serviceCertificatePem: this.serviceCertificatePem, timeoutMs: 5_000 });
    try {
      const answer = (await client.getJson('/app/commit')) as { transaction_id?: unknown } | null;
      return String(answer?.transaction_id ?? '');
    } catch {
      return '';
    } finally {
      client.close();
    }
  }
}
