/**
 * What the chapters about epochs work with besides those about governance: who has which share of the network's key, how the
 * epochs go by, and whether transactions go on.
 */
import { seededRandom } from '@coco/primitives';
import type { CustodyNetwork, SecretsState } from '../custody/custodyNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import type { Person } from '../governed/person.js';
import { until } from '../until.js';
import { must, type Stage, takesPart } from './stage.js';

export interface EpochsStage extends Stage {
  readonly custody: CustodyNetwork;
  /** Entries with something private, in epochs that were soon over; the oldest first. */
  readonly old: OldEntry[];
  /** How long things took, in seconds. */
  readonly times: Timed[];
}

export interface OldEntry {
  readonly txId: string;
  readonly epoch: number;
}

export interface Timed {
  readonly what: string;
  readonly seconds: number;
}

const timeoutMs = 120_000;

type NetworkKey = NonNullable<SecretsState['network_key']>;

/** The network's key as the node that people ask has it. */
export async function networkKey({ custody, network }: EpochsStage): Promise<NetworkKey> {
  const { network_key: key } = await custody.secrets(network.asked);
  must(key !== undefined, 'the network has a key');
  return key;
}

/** Does `work`; how many seconds it took goes into the figures. */
export async function timed<Result>(
  { times }: EpochsStage,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const startedMs = performance.now();
  const result = await work();
  times.push({ what, seconds: (performance.now() - startedMs) / 1000 });
  return result;
}

/**
 * Waits until the key is shared among `holders` and nobody else, by a later generation than `before`, it is the same key, and
 * their nodes hold a share each.
 */
export async function sharedAnew(
  stage: EpochsStage,
  holders: readonly Person[],
  before: NetworkKey,
): Promise<void> {
  const { custody, nodes, narrator } = stage;
  const ids = holders.map(({ id }) => id).toSorted();
  const theirs = nodes.filter(({ actor }) => holders.some(({ name }) => name === actor));
  const what = `shares made anew for ${holders.length}`;
  const startedMs = performance.now();
  const keys = await timed(stage, what, () =>
    Promise.all(
      theirs.map((node) =>
        custody.until(node, `holds a share of ${holders.length}`, ({ network_key: key }) => {
          const isLater = key !== undefined && key.generation > before.generation;
          return isLater && key.share_held && JSON.stringify(key.actors.toSorted()) === JSON.stringify(ids);
        }),
      ),
    ),
  );
  for (const { network_key: key } of keys) {
    must(key?.public_key === before.public_key, 'it is the same key');
    must(key.threshold === Math.floor(holders.length / 2) + 1, `a majority can decrypt (${key.threshold})`);
  }
  const [first] = keys;
  narrator.see(
    `shares were made anew (generation ${first?.network_key?.generation}): now it takes ${first?.network_key?.threshold} of ` +
      `${holders.length} to decrypt (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`,
  );
}

/** Waits until so many more epochs have begun, as `node` knows. */
export async function epochsGoBy(
  { custody, network }: EpochsStage,
  count: number,
  node: GovernedNode = network.asked,
): Promise<number> {
  const { epoch } = await custody.secrets(node);
  return (await custody.until(node, `is in epoch ${epoch + count}`, (now) => now.epoch >= epoch + count))
    .epoch;
}

/** Waits until so many more transactions are acknowledged. */
export async function transactionsGoOn({ load }: EpochsStage, count: number): Promise<void> {
  const before = load.acknowledged.count;
  await until(`${count} more transactions are acknowledged`, timeoutMs, () => {
    const more = load.acknowledged.count - before;
    if (more >= count) return true;
    throw new Error(`${more} are`);
  });
}

/** Remembers a transaction, and in which epoch it is: that which went on while it was sent and acknowledged. */
export async function rememberEntry(stage: EpochsStage): Promise<void> {
  const { network, load, custody, old, narrator } = stage;
  for (;;) {
    const { epoch } = await custody.secrets(network.asked);
    const before = load.acknowledged.count;
    await transactionsGoOn(stage, 1);
    const hash = load.acknowledged.since(before, 0, seededRandom(0)).at(-1) ?? '';
    if ((await custody.secrets(network.asked)).epoch !== epoch) continue;
    const txId = await transactionId(stage, hash);
    old.push({ txId, epoch });
    narrator.see(`transaction ${txId}, of epoch ${epoch}, is remembered`);
    return;
  }
}

/** As the node knows it that executed the transaction. */
async function transactionId({ network, nodes }: EpochsStage, hash: string): Promise<string> {
  const reader = network.member('carrier');
  const clients = nodes.map((node) => network.client(node.applicationUrl, reader));
  try {
    const answers = await Promise.all(
      clients.map((client) => client.jsonRpc('coco_getTransactionId', [hash])),
    );
    const ids = answers.flatMap(
      (answer) => (answer as { transactionId: string | null } | null)?.transactionId ?? [],
    );
    must(ids[0] !== undefined, `a node knows where ${hash} is in the ledger`);
    return ids[0];
  } finally {
    for (const client of clients) client.close();
  }
}

/** Ends its process as a power failure would; clients know nothing of it at first. */
export async function kill(stage: EpochsStage, node: GovernedNode): Promise<void> {
  const left = stage.nodes.filter((one) => one !== node && one.running);
  const [asked] = left;
  if (stage.network.asked === node && asked !== undefined) stage.network.ask(asked);
  await stage.custody.kill(node);
  stage.load.nodes = left;
}

/** Starts it again, and waits until it holds its share and has what the others have; then clients come back to it. */
export async function comeBack(stage: EpochsStage, node: GovernedNode): Promise<void> {
  const startedMs = performance.now();
  const mark = node.log().length;
  await timed(stage, `${node.name} comes back`, async () => {
    stage.network.startNode(node);
    await stage.custody.holdsShare(node);
    await takesPart(stage, node);
  });
  stage.load.nodes = stage.nodes.filter(({ running }) => running);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const epochs = /has the secrets of its ledger again .*epochs=(\d+)/.exec(node.log().slice(mark))?.[1];
  must(epochs !== undefined, `${node.name} had to ask for the secrets of its ledger`);
  stage.narrator.see(
    `${node.name} was brought the secrets of ${epochs} epochs, and takes part ${seconds} s after it was started`,
  );
}
