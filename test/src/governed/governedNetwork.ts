/**
 * A network that people made with `coco network create`, whose processes they started, and which only they can change:
 * nothing is let in that the constitution does not name.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freeBasePort } from '@coco/cli';
import { apiVersion, type Client, createClient } from '@coco/client';
import { parseCertificate } from '@coco/crypto';
import { until } from '../until.js';
import { GovernedNode, type Settings } from './governedNode.js';
import { type CommandRun, type Desk, Person } from './person.js';

export interface GovernedNetworkOptions {
  /** Where everything goes; empty, or not there yet. */
  readonly directory: string;
  readonly members: readonly string[];
  readonly participants: readonly string[];
  /** Whose the first nodes are. Default: one of each member. */
  readonly nodes?: readonly string[];
  /** How many nodes there will ever be. */
  readonly nodesMax: number;
  /** The first port. Default: one such that all are free. */
  readonly basePort?: number;
  readonly ethereumGenesis: unknown;
  /** In every node.json. */
  readonly settings?: Settings;
  /** Default: the first member runs `coco network create` with everything on the command line. */
  readonly make?: Make;
  /** More words for that command line. */
  readonly create?: readonly string[];
  readonly onRun?: (run: CommandRun) => void;
}

/** A first node: whose it is, and where applications find it. */
export interface PlannedNode {
  readonly actor: string;
  readonly address: string;
}

/** Makes the files of a network, as somebody would. */
type Make = (
  network: GovernedNetwork,
  options: GovernedNetworkOptions,
  nodes: readonly PlannedNode[],
) => Promise<unknown>;

/** A node as the network sees it. */
export interface ListedNode {
  readonly node_id: string;
  readonly status: string;
  readonly primary: boolean;
  readonly retired_committed: boolean;
}

/** Where the network's files are made. */
export const networkName = 'pilot';
const name = networkName;
const ethereumFile = 'ethereum.json';
const readyTimeoutMs = 120_000;

const makeByFlags: Make = (network, { members, participants, create = [] }, nodes) => {
  const named = (option: string, names: readonly string[]): readonly string[] =>
    names.flatMap((one) => [option, `${one}=${one}.cert.pem`]);
  return network
    .member(members[0] ?? '')
    .ok(
      ...['network', 'create', '--name', 'Pilot', '--directory', name, '--ethereum-genesis', ethereumFile],
      ...named('--member', members),
      ...named('--participant', participants),
      ...nodes.flatMap(({ actor, address }) => ['--node', `${actor}=${address}`]),
      ...create,
    );
};

export class GovernedNetwork implements Desk {
  readonly directory: string;
  readonly people = new Map<string, Person>();
  /** Every node that ever was, in the order in which they came. */
  readonly nodes: GovernedNode[] = [];
  serviceFingerprint = '';
  onRun: (run: CommandRun) => void;
  readonly #settings: Settings;
  readonly #basePort: number;
  readonly #clients = new Set<Client>();
  /** The node that people ask. */
  #asked: GovernedNode | undefined;

  private constructor(options: GovernedNetworkOptions, basePort: number) {
    this.directory = options.directory;
    this.onRun = options.onRun ?? (() => undefined);
    this.#settings = options.settings ?? {};
    this.#basePort = basePort;
  }

  /** Makes keys and genesis; nothing runs yet. */
  static async create(options: GovernedNetworkOptions): Promise<GovernedNetwork> {
    mkdirSync(options.directory, { recursive: true });
    const network = new GovernedNetwork(options, options.basePort ?? (await freeBasePort(options.nodesMax)));
    const { members, participants, nodes = members } = options;
    for (const one of members) await network.#admit(network.person(one, 'member'));
    for (const one of participants) await network.#admit(network.person(one, 'participant'));
    writeFileSync(path.join(options.directory, ethereumFile), JSON.stringify(options.ethereumGenesis));
    const plan = nodes.map((actor, index) => ({ actor, address: `127.0.0.1:${network.#basePort + index}` }));
    await (options.make ?? makeByFlags)(network, options, plan);
    network.serviceFingerprint = parseCertificate(network.serviceCertificatePem).fingerprint;
    for (const actor of nodes) network.addNode(actor).readId();
    return network;
  }

  /** Makes a key for who has none. */
  async #admit(person: Person): Promise<void> {
    if (!existsSync(path.join(this.directory, person.certificateFile))) await person.keygen();
  }

  /** Somebody new, who has no key yet. */
  person(who: string, kind: 'member' | 'participant'): Person {
    const person = new Person(who, kind, this);
    this.people.set(who, person);
    return person;
  }

  member(who: string): Person {
    const person = this.people.get(who);
    if (person === undefined) throw new Error(`there is no ${who}`);
    return person;
  }

  /** The configuration of one more node, beside the others. */
  addNode(actor: string): GovernedNode {
    const index = this.nodes.length;
    const at = (offset: number): string => `127.0.0.1:${this.#basePort + index + offset}`;
    const node = new GovernedNode(
      `node${index}`,
      { home: this.directory, directory: path.join(this.directory, name, `node${index}`) },
      actor,
      {
        application: at(0),
        administrative: at(100),
        peer: at(200),
      },
    );
    node.configure(this.#settings);
    this.nodes.push(node);
    return node;
  }

  get serviceCertificateFile(): string {
    return path.join(name, 'service.pem');
  }

  get serviceCertificatePem(): string {
    return readFileSync(path.join(this.directory, this.serviceCertificateFile), 'utf8');
  }

  environment(): Readonly<Record<string, string>> {
    const asked = this.#asked === undefined ? {} : { COCO_URL: this.#asked.administrativeUrl };
    return { ...asked, COCO_SERVICE: this.serviceCertificateFile };
  }

  /** From now on people ask this node. */
  ask(node: GovernedNode): void {
    this.#asked = node;
  }

  get asked(): GovernedNode {
    if (this.#asked === undefined) throw new Error('no node was started');
    return this.#asked;
  }

  /** The words that name a node's configuration, from where people sit. */
  configOf(node: GovernedNode): readonly string[] {
    return ['--config', path.relative(this.directory, node.configFile)];
  }

  /** Starts every node of the genesis; resolves when there is a primary and all have committed. */
  async start(): Promise<void> {
    for (const node of this.nodes) this.startNode(node);
    const [first] = this.nodes;
    if (first !== undefined) this.ask(first);
    await until('the network is there', readyTimeoutMs, async () => {
      for (const node of this.nodes) if (!node.running) throw new Error(`${node.name} ended: ${node.log()}`);
      return (await this.primary()) !== undefined;
    });
    await this.settled(this.nodes);
  }

  /** Resolves when the network has its shared key, and every node of the genesis holds a share. */
  async keyed(): Promise<void> {
    for (const node of this.nodes) {
      await until(`${node.name} holds a share of the network's key`, readyTimeoutMs, async () => {
        const { secrets } = (await this.get(node, '/node/state')) as {
          secrets: { epoch: number; network_key?: { share_held: boolean } };
        };
        return secrets.network_key?.share_held === true && secrets.epoch > 1;
      });
    }
  }

  startNode(node: GovernedNode): void {
    node.start('node', 'start', '--config', node.configFile);
  }

  /** Clients are closed with the network. */
  client(url: string, who?: Person, timeoutMs?: number): Client {
    const client = createClient({
      url,
      serviceCertificatePem: this.serviceCertificatePem,
      ...(who && { clientCertificate: who.identity() }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    this.#clients.add(client);
    return client;
  }

  /** The answer of one node's administrative endpoint. */
  async get(node: GovernedNode, path_: string): Promise<unknown> {
    const client = this.client(node.administrativeUrl, undefined, 5_000);
    try {
      return await client.getJson(path_);
    } finally {
      client.close();
      this.#clients.delete(client);
    }
  }

  /** The VN list as the node that people ask has it. */
  async listed(): Promise<readonly ListedNode[]> {
    const { nodes } = (await this.get(this.asked, '/node/network/nodes')) as { nodes: ListedNode[] };
    return nodes;
  }

  async primary(): Promise<GovernedNode | undefined> {
    const id = (await this.listed()).find(({ primary }) => primary)?.node_id;
    return this.nodes.find(({ nodeId }) => nodeId === id);
  }

  /** The view in which the genesis was written: 2, unless the first nodes needed more than one vote to agree. */
  async firstView(): Promise<number> {
    const info = await this.get(this.asked, `/gov/service/info?${apiVersion}`);
    const { creationTransactionId: created } = info as { creationTransactionId: string };
    return Number(created.split('.')[0]);
  }

  /** Waits until all of `nodes` have committed the same, in the same view; that TxId. */
  settled(nodes: readonly GovernedNode[], timeoutMs = readyTimeoutMs): Promise<string> {
    return until('all nodes have committed the same', timeoutMs, async () => {
      const states = await Promise.all(nodes.map((node) => this.get(node, '/node/state')));
      const [first = '', ...others] = states.map((state) =>
        String((state as { last_committed: unknown }).last_committed),
      );
      return Number(first.split('.')[1]) > 0 && others.every((one) => one === first) && first;
    });
  }

  /** Stops whatever still runs. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.#clients.clear();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
