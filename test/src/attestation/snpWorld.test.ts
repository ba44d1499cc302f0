/**
 * A network whose nodes run on AMD machines, as far as they and everybody else can tell: real processes, each with a device of
 * its own that this process serves, and a root that the genesis admits. Any machine can be bent at any time.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codeId } from '@coco/attestation';
import { createAccounts, sandboxChainId, sandboxGenesis, signerOf } from '@coco/cli';
import { randomBytes } from '@coco/crypto';
import { toHex } from '@coco/primitives';
import {
  createSnpAuthority,
  type SnpMachine,
  type SnpMachineOptions,
  type SnpReportOverrides,
} from '../../../packages/attestation/dist/testing/snpAuthority.js';
import type { CocoResult } from '../coco.js';
import { GovernedNetwork, networkName } from '../governed/governedNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import { temporaryDirectory } from '../governed/temporary.js';
import { until } from '../until.js';
import { certificateTable } from './certificateTable.js';
import { serveTsm } from './fakeTsm.js';

/** The AMD of these tests. */
export const amd = createSnpAuthority();

/** What is measured of the code that the genesis admits, and of the next release. */
export const release = {
  measurement: new Uint8Array(48).fill(0xa1),
  hostData: new Uint8Array(32).fill(0xa2),
};
export const nextRelease = { measurement: release.measurement, hostData: new Uint8Array(32).fill(0xb2) };

export function codeIdOf({ measurement, hostData }: Pick<SnpMachine, 'measurement' | 'hostData'>): string {
  return codeId('sev-snp', { measurement: toHex(measurement), host_data: toHex(hostData) });
}

/** What the genesis demands of firmware. */
export const tcbFloor = { milan: { snp: 20 } };

/** The machine under a node. */
export interface Guest {
  /** Replaced when its owner updates the firmware, or boots something else. */
  machine: SnpMachine;
  /** What its reports say instead of the truth. */
  bend: SnpReportOverrides;
  /** What its reports are bound to, by what was asked. */
  bind: (reportData: Uint8Array) => Uint8Array;
  /** What its owner says was revoked. */
  crl?: Uint8Array;
  isDead: boolean;
}

/** A machine that runs what is approved, unless `options` say otherwise. */
export function guest(options: SnpMachineOptions = {}): Guest {
  const machine = amd.machine({ ...release, ...options });
  return { machine, bend: {}, bind: (reportData) => reportData, isDead: false };
}

/** How a node was told, or told others, why not. */
export interface ListedNode {
  readonly node_id: string;
  readonly status: 'Pending' | 'Trusted' | 'Retired';
  readonly primary: boolean;
  readonly platform?: string;
  readonly code_id?: string;
  readonly lease?: {
    readonly state: 'held' | 'lapsed' | 'distrusted';
    readonly granted_at: number;
    readonly expires_at: number;
    readonly reason?: { readonly code: string; readonly sentence: string };
  };
}

export interface NodeState {
  readonly platform: string;
  readonly assurance: {
    readonly level: string;
    readonly weakest?: string;
    readonly reasons: readonly string[];
  };
  readonly lease_trouble?: { readonly code: string; readonly message: string };
  readonly last_committed: string;
}

export interface AttestedNetworkOptions {
  /** How many there are at first. Default 3. */
  readonly nodes?: number;
  /** Default: that of a network without a setting, an hour. */
  readonly leaseSeconds?: number;
}

const nodesMax = 20;
/** A request that a new node forwards before its connections are there is lost, and sent once more then. */
const forwardTimeoutMs = 3000;
/** Machines that run tests have many other things to do; no primary shall be lost by that. */
const electionTimeoutMs = 2500;
/** Generous: machines that run tests can be very slow. */
export const timeoutMs = 60_000;

export class AttestedNetwork {
  readonly governed: GovernedNetwork;
  readonly #guests = new Map<GovernedNode, Guest>();
  readonly #closing: (() => void)[] = [];
  readonly #signer: ReturnType<typeof signerOf>;
  #nonce = 0n;

  private constructor(governed: GovernedNetwork, signer: ReturnType<typeof signerOf>) {
    this.governed = governed;
    this.#signer = signer;
  }

  /** Nodes of acme, the only member. */
  static async open(options: AttestedNetworkOptions = {}): Promise<AttestedNetwork> {
    const [account] = createAccounts(1);
    if (account === undefined) throw new Error('no account');
    const governed = await GovernedNetwork.create({
      directory: temporaryDirectory(),
      members: ['acme'],
      participants: ['carrier'],
      nodes: Array.from({ length: options.nodes ?? 3 }, () => 'acme'),
      nodesMax,
      settings: { replica: { forwardTimeoutMs, consensus: { electionTimeoutMs } } },
      ethereumGenesis: sandboxGenesis([account]),
    });
    const network = new AttestedNetwork(governed, signerOf(account));
    network.#writeManifests(options);
    for (const node of governed.nodes) network.#plug(node, guest());
    try {
      await governed.start();
      await until('all nodes hold a lease', timeoutMs, async () =>
        (await network.listed()).every(({ lease }) => lease?.state === 'held'),
      );
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  #writeManifests({ leaseSeconds }: AttestedNetworkOptions): void {
    const file = path.join(this.governed.directory, networkName, 'genesis.json');
    const genesis = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const row = { component: 'coco-node', description: 'the release of these tests' };
    writeFileSync(
      file,
      JSON.stringify({
        ...genesis,
        ...(leaseSeconds !== undefined && { settings: { lease_seconds: leaseSeconds } }),
        teeManifest: { 'sev-snp': { roots: [amd.root], minimum_tcb: tcbFloor } },
        codeManifest: { [codeIdOf(release)]: row },
      }),
    );
  }

  /** Gives a node its machine. */
  #plug(node: GovernedNode, machine: Guest): void {
    const tsm = path.join(node.directory, 'tsm');
    node.configure({
      attestation: {
        platform: 'sev-snp',
        devices: { tsm },
        sources: { snp: ['host'] },
        deviceTimeoutMs: 2000,
      },
    });
    this.#guests.set(node, machine);
    this.#closing.push(
      serveTsm(tsm, (asked) => {
        if (machine.isDead) return undefined;
        const outblob = machine.machine.report(machine.bind(asked), machine.bend);
        const { vcek, ask, ark } = machine.machine.endorsements;
        const auxblob = certificateTable({ vcek, ask, ark, crl: machine.crl });
        return { provider: 'sev_guest', outblob, auxblob };
      }),
    );
  }

  guestOf(node: GovernedNode): Guest {
    const found = this.#guests.get(node);
    if (found === undefined) throw new Error(`${node.name} has no machine`);
    return found;
  }

  /** A node of acme that is not in the network yet; on `machine`, or else virtual. */
  newNode(machine?: Guest): GovernedNode {
    const node = this.governed.addNode('acme');
    if (machine !== undefined) this.#plug(node, machine);
    return node;
  }

  /** `coco node join` for it, which also proposes it, by the node that people ask; at another `peer` it is not proposed. */
  async joinWords(node: GovernedNode, peer?: string): Promise<readonly string[]> {
    const { governed } = this;
    const { digest } = (await governed.get(governed.asked, '/gov/coco/constitution')) as { digest: string };
    return [
      ...['node', 'join', ...governed.configOf(node)],
      ...['--peer', peer ?? governed.asked.addresses.administrative],
      ...['--service-fingerprint', governed.serviceFingerprint, '--approve', digest],
      ...(peer === undefined
        ? ['--actor-cert', 'acme.cert.pem', '--actor-key', 'acme.key.pem', '--propose']
        : []),
    ];
  }

  /** Runs it to its end, without starting the node. */
  async tryToJoin(node: GovernedNode, peer?: string): Promise<CocoResult> {
    const words = [...(await this.joinWords(node, peer)), '--no-start'];
    for (;;) {
      const result = await this.governed.member('acme').run(...words);
      // As it says: nothing was changed; try again.
      if (!result.stderr.includes('TransactionReplicationFailed')) return result;
    }
  }

  /** It joins, and goes on as a node; resolves once it takes part. */
  async join(node: GovernedNode): Promise<void> {
    node.start(...(await this.joinWords(node)));
    node.nodeId = await until(`${node.name} has a key`, timeoutMs, async () => {
      if (!node.running) throw new Error(`${node.name} ended: ${node.log()}`);
      return this.#idOf(node);
    });
    await this.until(node, 'takes part', ({ status }) => status === 'Trusted');
  }

  /** By the address at which it is listed: its id is in its sealed key. */
  async #idOf(node: GovernedNode): Promise<string | undefined> {
    const { nodes } = (await this.governed.get(this.governed.asked, '/node/network/nodes')) as {
      nodes: (ListedNode & { rpc_interfaces: { application: { published_address: string } } })[];
    };
    return nodes.find(
      (one) => one.rpc_interfaces.application.published_address === node.addresses.application,
    )?.node_id;
  }

  async listed(): Promise<readonly ListedNode[]> {
    return (await this.governed.listed()) as unknown as readonly ListedNode[];
  }

  async shown(node: GovernedNode): Promise<ListedNode> {
    const id = node.nodeId === '' ? ((await this.#idOf(node)) ?? '') : node.nodeId;
    const found = (await this.listed()).find(({ node_id }) => node_id === id);
    if (found === undefined) throw new Error(`${node.name} is not on the list`);
    return found;
  }

  /** Waits until the node that people ask shows `node` so. */
  until(node: GovernedNode, what: string, isSo: (shown: ListedNode) => boolean): Promise<ListedNode> {
    let last: ListedNode | undefined;
    return until(`${node.name} ${what}`, timeoutMs, async () => {
      last = await this.shown(node);
      if (isSo(last)) return last;
      throw new Error(JSON.stringify(last));
    });
  }

  async state(node: GovernedNode): Promise<NodeState> {
    return (await this.governed.get(node, '/node/state')) as NodeState;
  }

  /** Waits until `node` has logged what `pattern` matches, after the first `from` characters. */
  async logged(node: GovernedNode, pattern: RegExp, from = 0): Promise<string> {
    const found = await until(`${node.name} logs ${pattern}`, timeoutMs, () => {
      const match = pattern.exec(node.log().slice(from));
      return match ?? undefined;
    });
    return found[0];
  }

  /** The members decide it; there is but one. */
  async decide(...what: readonly string[]): Promise<void> {
    const { state } = await this.governed.member('acme').propose(...what);
    if (state !== 'Accepted') throw new Error(`${what.join(' ')} is ${state}`);
  }

  /** The transfer that comes next; it is the same until one was made. */
  nextTransfer(): { readonly raw: string; readonly hash: string } {
    const { transaction } = this.#signer.sign({
      type: 2,
      chainId: BigInt(sandboxChainId),
      nonce: this.#nonce,
      to: this.#signer.address,
      value: 1n,
      gasLimit: 21_000n,
      data: new Uint8Array(0),
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      accessList: [],
    });
    return { raw: `0x${toHex(transaction.raw)}`, hash: `0x${toHex(transaction.hash)}` };
  }

  /** Makes it through `node`, and waits until it is committed. */
  async transact(node: GovernedNode): Promise<void> {
    const { raw, hash } = this.nextTransfer();
    const client = this.governed.client(node.applicationUrl, this.governed.member('carrier'), 15_000);
    try {
      await until(`a transfer through ${node.name} is committed`, timeoutMs, async () => {
        // Whoever loses the primary looks up whether it was done, before it is sent once more.
        const receipt = async () => (await client.jsonRpc('eth_getTransactionReceipt', [hash])) !== null;
        return (await receipt()) || (await client.jsonRpc('eth_sendRawTransaction', [raw])) === hash;
      });
      this.#nonce += 1n;
    } finally {
      client.close();
    }
  }

  /** Whether the ledger of `node` on disk has this text in a public table. */
  holds(node: GovernedNode, text: string): boolean {
    return readdirSync(node.ledger).some((file) => readFileSync(path.join(node.ledger, file)).includes(text));
  }

  /** Members write a text of their own into the ledger, and everybody of `nodes` has it; the text. */
  async writeMark(nodes: readonly GovernedNode[]): Promise<string> {
    const mark = `mark ${toHex(randomBytes(8))}`;
    const code = toHex(randomBytes(32));
    await this.decide('add-code', code, '--component', 'none', '--description', mark);
    await until('all who take part have the mark', timeoutMs, () =>
      nodes.every((node) => this.holds(node, mark)),
    );
    return mark;
  }

  /** Stops everything and removes its files. */
  async close(): Promise<void> {
    await this.governed.stop();
    for (const close of this.#closing) close();
    rmSync(this.governed.directory, { recursive: true, force: true });
  }
}
