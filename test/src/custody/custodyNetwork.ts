/**
 * A network of actors with a node each, whose epochs are short: what is on the disks of its nodes, and who can still read it.
 */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createAccounts, sandboxChainId, sandboxGenesis, signerOf } from '@coco/cli';
import type { Signer } from '@coco/ethereum';
import { toHex } from '@coco/primitives';
import { GovernedNetwork, type GovernedNetworkOptions, networkName } from '../governed/governedNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import { temporaryDirectory } from '../governed/temporary.js';
import { until } from '../until.js';

/** What `/node/state` says of secrets. */
export interface SecretsState {
  readonly epoch: number;
  readonly network_key?: {
    readonly public_key: string;
    readonly generation: number;
    readonly threshold: number;
    readonly actors: readonly string[];
    readonly share_held: boolean;
  };
}

export interface CustodyNetworkOptions {
  readonly members: readonly string[];
  readonly nodesMax?: number;
  /** Of the genesis. */
  readonly settings: Readonly<Record<string, number>>;
  /** Default: one account has everything. */
  readonly ethereumGenesis?: unknown;
  /** Of the nodes' processes. */
  readonly environment?: (directory: string) => Readonly<Record<string, string>>;
  /** What else is otherwise about the network. */
  readonly governed?: Partial<GovernedNetworkOptions>;
}

/** What a transaction says; the rest is as simple as can be. */
export interface Said {
  /** Default: an account of the genesis. */
  readonly from?: Signer;
  /** Default: whom it is from. Null makes a contract. */
  readonly to?: Uint8Array | null;
  readonly data?: Uint8Array;
}

export const timeoutMs = 90_000;

export class CustodyNetwork {
  readonly governed: GovernedNetwork;
  readonly #signer: Signer;
  readonly #nonces = new Map<Signer, bigint>();

  private constructor(governed: GovernedNetwork, signer: Signer) {
    this.governed = governed;
    this.#signer = signer;
  }

  /** Started; all nodes hold a share, and the genesis's secret is over. */
  static async open(options: CustodyNetworkOptions): Promise<CustodyNetwork> {
    const network = await CustodyNetwork.make(options);
    try {
      await network.start();
      return network;
    } catch (error) {
      const logs = network.governed.nodes.map((node) => `${node.name}:\n${node.log().slice(-3000)}`);
      await network.close();
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${logs.join('\n')}`);
    }
  }

  /** Keys and genesis; nothing runs yet. */
  static async make({
    members,
    settings,
    nodesMax,
    governed: more,
    ethereumGenesis,
    environment,
  }: CustodyNetworkOptions): Promise<CustodyNetwork> {
    const [account] = createAccounts(1);
    if (account === undefined) throw new Error('no account');
    const governed = await GovernedNetwork.create({
      directory: more?.directory ?? temporaryDirectory(),
      members,
      participants: ['carrier'],
      nodesMax: nodesMax ?? members.length + 2,
      ethereumGenesis: ethereumGenesis ?? sandboxGenesis([account]),
      ...more,
      settings: { replica: { consensus: { electionTimeoutMs: 1500 } }, ...more?.settings },
    });
    const file = path.join(governed.directory, networkName, 'genesis.json');
    const genesis = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...genesis, settings }));
    for (const node of governed.nodes) node.environment = environment?.(governed.directory) ?? {};
    return new CustodyNetwork(governed, signerOf(account));
  }

  /** Resolves when all nodes hold a share. */
  async start(): Promise<void> {
    await this.governed.start();
    for (const node of this.governed.nodes) await this.holdsShare(node);
  }

  async secrets(node: GovernedNode): Promise<SecretsState> {
    const { secrets } = (await this.governed.get(node, '/node/state')) as { secrets: SecretsState };
    return secrets;
  }

  /** Waits until `node` says of secrets what is wanted. */
  until(node: GovernedNode, what: string, isSo: (secrets: SecretsState) => boolean): Promise<SecretsState> {
    return until(`${node.name} ${what}`, timeoutMs, async () => {
      const secrets = await this.secrets(node);
      if (isSo(secrets)) return secrets;
      throw new Error(JSON.stringify(secrets));
    });
  }

  holdsShare(node: GovernedNode): Promise<SecretsState> {
    return this.until(node, 'holds a share', (secrets) => secrets.network_key?.share_held === true);
  }

  /** Makes a transaction through `node`, a transfer unless told otherwise, and waits until it is committed; its hash. */
  async transact(
    node: GovernedNode,
    { from = this.#signer, to = from.address, data }: Said = {},
  ): Promise<Uint8Array> {
    const nonce = this.#nonces.get(from) ?? 0n;
    const { transaction } = from.sign({
      type: 2,
      chainId: BigInt(sandboxChainId),
      nonce,
      ...(to !== null && { to }),
      value: from === this.#signer ? 1n : 0n,
      gasLimit: 200_000n,
      data: data ?? new Uint8Array(0),
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      accessList: [],
    });
    const [raw, hash] = [`0x${toHex(transaction.raw)}`, `0x${toHex(transaction.hash)}`];
    const client = this.governed.client(node.applicationUrl, this.governed.member('carrier'), 15_000);
    try {
      await until(`a transaction through ${node.name} is committed`, timeoutMs, async () => {
        const receipt = async () => (await client.jsonRpc('eth_getTransactionReceipt', [hash])) !== null;
        return (await receipt()) || (await client.jsonRpc('eth_sendRawTransaction', [raw])) === hash;
      });
      this.#nonces.set(from, nonce + 1n);
      return transaction.hash;
    } finally {
      client.close();
    }
  }

  /** Ends its process as a power failure would. */
  async kill(node: GovernedNode): Promise<void> {
    node.signal('SIGKILL');
    await node.ended();
  }

  /** Stops everything and removes its files. */
  async close(): Promise<void> {
    await this.governed.stop();
    rmSync(this.governed.directory, { recursive: true, force: true });
  }
}

/** Files beneath `directory` in which `bytes` are. */
export function filesWith(directory: string, bytes: Uint8Array): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file).isFile() && readFileSync(file).includes(Buffer.from(bytes)));
}
