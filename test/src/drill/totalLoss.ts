/**
 * All nodes of a network are lost at once (CONF-4): five actors, three of whom can decrypt; epochs of a few seconds; SIGKILL for all
 * nodes, and everything is deleted but the ledger files of one. Three of the actors' offline keys bring it all back, two do not, and
 * an answer that lies is named. Everything is done by the commands that people would run.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createAccounts, forgedAnswer, freeBasePort, sandboxGenesis, signerOf } from '@coco/cli';
import { type Client, createClient } from '@coco/client';
import { parseCertificate } from '@coco/crypto';
import { loadNodeSecrets, openVirtualSealer } from '@coco/host';
import { CustodyNetwork, type SecretsState } from '../custody/custodyNetwork.js';
import { GovernedNode } from '../governed/governedNode.js';
import type { Person } from '../governed/person.js';
import { until } from '../until.js';
import { TracedTransfers } from './tracedTransfers.js';

export interface TotalLossOptions {
  /** Told what happens. */
  readonly say: (line: string) => void;
}

export interface TotalLossResult {
  /** What is not as it should be. */
  readonly faults: readonly string[];
  readonly transfers: number;
  readonly epochs: number;
  /** From the first command of the recovery to the first answer about the old transactions. */
  readonly recoverySeconds: number;
  /** Where everything still is, when there are faults. */
  readonly directory: string;
}

const names = ['acme', 'bolt', 'cora', 'dune', 'echo'];
const timeoutMs = 120_000;
const epochsMin = 4;

export async function drillTotalLoss(options: TotalLossOptions): Promise<TotalLossResult> {
  const [account] = createAccounts(1);
  if (account === undefined) throw new Error('no account');
  const network = await CustodyNetwork.open({
    members: names,
    settings: { epoch_seconds: 4, secret_hold_seconds: 4 },
    ethereumGenesis: sandboxGenesis([account]),
  });
  const drill = new Drill(options, network, new TracedTransfers(signerOf(account)));
  try {
    await drill.live();
    await drill.lose();
    const startMs = performance.now();
    await drill.recover();
    await drill.goOn();
    const recoverySeconds = Math.round((performance.now() - startMs) / 100) / 10;
    await drill.open();
    await drill.join();
    return { ...drill.result(), recoverySeconds };
  } catch (error) {
    drill.faults.push(error instanceof Error ? error.message : String(error));
    return { ...drill.result(), recoverySeconds: Number.NaN };
  } finally {
    await drill.close();
  }
}

class Drill {
  readonly faults: string[] = [];
  readonly #say: (line: string) => void;
  readonly #network: CustodyNetwork;
  readonly #transfers: TracedTransfers;
  readonly #people: readonly Person[];
  readonly #directory: string;
  #epochs = 0;
  /** TxId of the first transaction. */
  #first = '';
  #node: GovernedNode | undefined;
  readonly #joined: GovernedNode[] = [];

  constructor({ say }: TotalLossOptions, network: CustodyNetwork, traced: TracedTransfers) {
    this.#say = say;
    this.#network = network;
    this.#transfers = traced;
    this.#people = names.map((name) => network.governed.member(name));
    this.#directory = network.governed.directory;
  }

  result(): Omit<TotalLossResult, 'recoverySeconds'> {
    const { faults } = this;
    return {
      faults,
      transfers: this.#transfers.done.length,
      epochs: this.#epochs,
      directory: this.#directory,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#node, ...this.#joined].map((node) => node?.stop()));
    await this.#network.governed.stop();
    if (this.faults.length === 0) rmSync(this.#directory, { recursive: true, force: true });
  }

  #check(what: string, isSo: boolean): void {
    this.#say(`  ${isSo ? 'yes' : 'NO '}  ${what}`);
    if (!isSo) this.faults.push(what);
  }

  #at(...names: readonly string[]): string {
    return path.join(this.#directory, ...names);
  }

  /** Keys of the actors' own, and transactions in several epochs. */
  async live(): Promise<void> {
    const { governed } = this.#network;
    const first = governed.nodes[0] as GovernedNode;
    this.#say(
      `five actors, a node each: ${this.#people.map(({ name }) => name).join(', ')}; three of them can decrypt`,
    );
    const { network_key: before } = await this.#network.secrets(first);
    this.#check(
      'the network has a key that three of five share',
      before?.threshold === 3 && before.actors.length === 5,
    );
    await this.#registerShareKeys();
    for (const node of governed.nodes) {
      await this.#network.until(
        node,
        'holds a share made anew',
        ({ network_key: key }) =>
          key !== undefined && key.generation > (before?.generation ?? 0) && key.share_held,
      );
    }
    this.#say('each actor has a key off its nodes, and shares were made anew for them');
    const { epoch } = await this.#network.secrets(first);
    const clients = governed.nodes.map((node) =>
      governed.client(node.applicationUrl, governed.member('carrier'), 15_000),
    );
    this.#epochs = epoch;
    for (let count = 0; count < epochsMin; count++) {
      for (const client of clients) await this.#transfers.make(client);
      const later = (state: SecretsState): boolean => state.epoch > this.#epochs;
      this.#epochs = (await this.#network.until(first, 'begins another epoch', later)).epoch;
    }
    for (const client of clients) await this.#transfers.make(client);
    // The node that executed it knows where it is.
    const hash = this.#transfers.done[0]?.hash ?? '';
    const places = await Promise.all(
      clients.map((client) => client.jsonRpc('coco_getTransactionId', [hash])),
    );
    const told = places as readonly ({ readonly transactionId: string | null } | null)[];
    this.#first = told.find((place) => place?.transactionId)?.transactionId ?? '';
    for (const client of clients) client.close();
    this.#say(
      `${this.#transfers.done.length} transfers with private values, committed, up to epoch ${this.#epochs}`,
    );
  }

  async #registerShareKeys(): Promise<void> {
    const actions = [];
    for (const person of this.#people) {
      const { publicKey } = await person.json('share', 'keygen', person.name);
      actions.push({ name: 'set_share_key', args: { actor_id: person.id, share_key: publicKey } });
    }
    writeFileSync(this.#at('share-keys.json'), JSON.stringify({ actions }));
    const [first, second, third] = this.#people as readonly [Person, Person, Person];
    const { proposalId } = await first.propose('share-keys.json');
    await second.vote(proposalId);
    const { state } = await third.vote(proposalId);
    this.#check('the keys are registered by vote', state === 'Accepted');
  }

  /** Nothing is left of the nodes but the ledger files of one that had everything. */
  async lose(): Promise<void> {
    const { governed } = this.#network;
    const primary = (await governed.primary()) ?? (governed.nodes[0] as GovernedNode);
    for (const node of governed.nodes) node.signal('SIGKILL');
    for (const node of governed.nodes) await node.ended();
    mkdirSync(this.#at('rescued'));
    cpSync(primary.ledger, this.#at('rescued', 'ledger'), { recursive: true });
    rmSync(this.#at('pilot'), { recursive: true });
    const isGone = !existsSync(primary.directory);
    this.#check(
      `SIGKILL for all nodes; everything is deleted but the ledger files of ${primary.name}`,
      isGone,
    );
  }

  async recover(): Promise<void> {
    const [acme, bolt, cora, dune] = this.#people as readonly [Person, Person, Person, Person];
    const port = await freeBasePort(1);
    const begun = await acme.json(
      ...['recover', 'begin', '--ledger', 'rescued/ledger', '--directory', 'recovery'],
      ...['--address', `127.0.0.1:${port}`, ...actorWords(acme)],
    );
    this.#say(
      `coco recover begin: up to ${String(begun['last'])}, ${String(begun['epochs'])} epochs, ${String(begun['needed'])} answers needed`,
    );
    for (const person of [bolt, cora, dune]) await this.#answer(person);
    await bolt.ok('recover', 'add', 'recovery', 'bolt.answer.json', 'cora.answer.json');
    const refused = await bolt.run('recover', 'open', 'recovery');
    this.#check(
      'two of five recover nothing, and it says how many are missing',
      refused.status === 1 && /1 more is missing/.test(refused.stderr),
    );
    const shareKeyPem = readFileSync(this.#at(`${acme.name}.share-key.pem`), 'utf8');
    const lie = forgedAnswer(this.#at('recovery', 'request.json'), { ...acme.identity(), shareKeyPem }, 2);
    writeFileSync(this.#at('forged.json'), await lie);
    const forged = await bolt.run('recover', 'add', 'recovery', 'forged.json');
    this.#check(
      'a forged partial decryption is named: by whom, and of which epoch',
      forged.status === 1 && new RegExp(`${acme.name}.* epoch 2 .*COCO_RECOVERY_FORGED`).test(forged.stdout),
    );
    await bolt.ok('recover', 'add', 'recovery', 'dune.answer.json');
    const opened = await bolt.json('recover', 'open', 'recovery');
    this.#say(
      `coco recover open: ${String(opened['entries'])} entries, ${String(opened['privateEntries'])} with private values, all replayed`,
    );
    const verified = await bolt.json(
      ...['ledger', 'verify', 'recovery/node0/ledger', '--service-certificate', 'recovery/service.pem'],
    );
    const services = verified['services'] as readonly { readonly endorsed: boolean }[];
    this.#check(
      'the ledger is sound, and the new service endorses the old one',
      verified['sound'] === true && services.length === 2 && services[0]?.endorsed === true,
    );
  }

  async #answer(person: Person): Promise<void> {
    const key = ['--share-key', `${person.name}.share-key.pem`];
    const out = ['--out', `${person.name}.answer.json`];
    await person.ok('share', 'answer', 'recovery/request.json', ...key, ...actorWords(person), ...out);
    this.#say(`coco share answer: ${person.name}, from files alone`);
  }

  /** The node of the service that goes on, before the members have opened it. */
  async goOn(): Promise<void> {
    const directory = this.#at('recovery', 'node0');
    const { addresses } = JSON.parse(readFileSync(path.join(directory, 'node.json'), 'utf8')) as {
      readonly addresses: GovernedNode['addresses'];
    };
    const node = new GovernedNode('node0', { home: this.#directory, directory }, 'acme', addresses);
    this.#node = node;
    node.start('node', 'start', '--config', node.configFile);
    const client = this.#client(node.administrativeUrl);
    try {
      await until('the node is there', timeoutMs, async () => {
        if (!node.running) throw new Error(`it ended: ${node.log()}`);
        return (await client.getJson('/node/state')) !== undefined;
      });
    } finally {
      client.close();
    }
    const application = this.#client(node.applicationUrl, this.#network.governed.member('carrier'));
    const said = await application
      .jsonRpc('eth_blockNumber', [])
      .then(String, (error: unknown) => JSON.stringify(error));
    application.close();
    const isClosed = /COCO_HOST_NOT_OPEN/.test(said);
    if (!isClosed) this.#say(said);
    this.#check('the node runs, and applications are told that the service is not open yet', isClosed);
  }

  async open(): Promise<void> {
    const node = this.#node as GovernedNode;
    const [acme, bolt, cora] = this.#people as readonly [Person, Person, Person];
    const where = ['--url', node.administrativeUrl, '--service', 'recovery/service.pem'];
    const words = ['open-service', 'recovery/service.pem', 'recovery/former-service.pem', ...where];
    const { proposalId } = await acme.propose(...words);
    for (const person of [bolt, cora]) await person.json('proposal', 'vote', proposalId, 'yes', ...where);
    const client = this.#client(node.applicationUrl, this.#network.governed.member('carrier'));
    try {
      await until(
        'the service is open',
        timeoutMs,
        async () => (await client.jsonRpc('eth_blockNumber', [])) !== undefined,
      );
      this.#say('opened by three votes of five');
      const faults = await this.#transfers.faults(client);
      this.faults.push(...faults);
      this.#check(
        `all ${this.#transfers.done.length} transactions are back, with their receipts, texts and balances`,
        faults.length === 0,
      );
      await this.#transfers.make(client);
      this.#check('and the network takes new ones', true);
      this.#check(
        'the receipt of the first of them holds by the certificate of the new service',
        await this.#hasReceipt(node),
      );
    } finally {
      client.close();
    }
  }

  /** With nodes of three actors there is a key again, and what was recovered is on no disk any more. */
  async join(): Promise<void> {
    const first = this.#node as GovernedNode;
    const [acme, bolt, cora] = this.#people as readonly [Person, Person, Person];
    const port = await freeBasePort(2);
    const joined = [bolt, cora].map((person, i) => {
      const at = (offset: number): string => `127.0.0.1:${port + i + offset}`;
      const directory = this.#at('recovery', `node${i + 1}`);
      const addresses = { application: at(0), administrative: at(100), peer: at(200) };
      const node = new GovernedNode(
        `node${i + 1}`,
        { home: this.#directory, directory },
        person.name,
        addresses,
      );
      node.configure({});
      this.#joined.push(node);
      return { person, node };
    });
    const where = ['--url', first.administrativeUrl, '--service', 'recovery/service.pem'];
    const digest = (await acme.ok('constitution', 'show', '--digest', ...where)).trim();
    const { fingerprint } = parseCertificate(readFileSync(this.#at('recovery', 'service.pem'), 'utf8'));
    for (const { person, node } of joined) {
      const tuple = path.join('recovery', node.name, 'tuple.json');
      await person.ok('node', 'tuple', '--config', node.configFile, ...actorWords(person), '--out', tuple);
      const { proposalId } = await acme.propose('add-node', tuple, ...where);
      for (const other of [bolt, cora]) await other.json('proposal', 'vote', proposalId, 'yes', ...where);
      const target = ['--peer', first.addresses.administrative, '--service-fingerprint', fingerprint];
      node.start('node', 'join', '--config', node.configFile, ...target, '--approve', digest);
    }
    const nodes = [first, ...this.#joined];
    for (const node of nodes) await this.#holdsShare(node);
    this.#check(
      'nodes of two more actors join, and the network has a new key that three of five share',
      true,
    );
    this.#check('they give that receipt as well', await this.#hasReceipt(nodes[2] as GovernedNode));
    for (const node of nodes) {
      await until(
        `${node.name} has no secrets on its disk`,
        timeoutMs,
        async () => (await secretsOn(node)) === 0,
      );
    }
    this.#check('the secrets of all epochs are sealed to it, and on no disk', true);
  }

  /** Of the first transaction, checked by the command. */
  async #hasReceipt({ administrativeUrl }: GovernedNode): Promise<boolean> {
    const where = ['--url', administrativeUrl, '--service', 'recovery/service.pem'];
    const { status, stderr } = await (this.#people[0] as Person).run('receipt', 'get', this.#first, ...where);
    if (status !== 0) this.#say(stderr);
    return status === 0;
  }

  #holdsShare(node: GovernedNode): Promise<unknown> {
    const client = this.#client(node.administrativeUrl);
    return until(`${node.name} holds a share of the new key`, timeoutMs, async () => {
      if (!node.running) throw new Error(`it ended: ${node.log()}`);
      const { secrets } = (await client.getJson('/node/state')) as { readonly secrets: SecretsState };
      if (secrets.network_key?.share_held === true) return secrets;
      throw new Error(JSON.stringify(secrets));
    }).finally(() => client.close());
  }

  #client(url: string, who?: Person): Client {
    return createClient({
      url,
      serviceCertificatePem: readFileSync(this.#at('recovery', 'service.pem'), 'utf8'),
      ...(who && { clientCertificate: who.identity() }),
      timeoutMs: 15_000,
    });
  }
}

async function secretsOn(node: GovernedNode): Promise<number> {
  const sealer = await openVirtualSealer(path.join(node.directory, 'virtual-platform.key'));
  return loadNodeSecrets(path.join(node.directory, 'sealed'), sealer).ledgerSecrets.length;
}

function actorWords({ certificateFile, keyFile }: Person): readonly string[] {
  return ['--actor-cert', certificateFile, '--actor-key', keyFile];
}
