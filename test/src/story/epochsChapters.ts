/**
 * The chapters of the story about epochs: who shares the network's key changes, nodes are gone, and come back.
 */
import { CocoError } from '@coco/primitives';
import type { GovernedNode } from '../governed/governedNode.js';
import type { Person } from '../governed/person.js';
import { until } from '../until.js';
import { admitMember } from './chapters.js';
import {
  comeBack,
  type EpochsStage,
  epochsGoBy,
  kill,
  networkKey,
  type OldEntry,
  sharedAnew,
  timed,
  transactionsGoOn,
} from './epochsStage.js';
import { join, must, pass, remove, takesPart } from './stage.js';

const timeoutMs = 120_000;

/** Actors that run nodes: the members, and whoever else is named. */
const withNodes = ({ members, nodes }: EpochsStage, ...others: readonly Person[]): readonly Person[] =>
  [...members, ...others].filter(({ name }) => nodes.some(({ actor }) => actor === name));

/** A participant is admitted, and its node joins: one more shares the key. */
export async function participantJoins(stage: EpochsStage, name: string): Promise<GovernedNode> {
  const before = await networkKey(stage);
  const participant = stage.network.person(name, 'participant');
  await participant.keygen();
  await pass(stage, 'add-participant', participant.certificateFile, '--name', name);
  const node = await join(stage, participant, 'tuple');
  await sharedAnew(stage, withNodes(stage, participant), before);
  return node;
}

/** The participant is removed, and its share is worth nothing; then its node is. Started again, that gets no secret. */
export async function participantGoes(stage: EpochsStage, name: string, node: GovernedNode): Promise<void> {
  const before = await networkKey(stage);
  const { epoch } = await stage.custody.secrets(stage.network.asked);
  await pass(stage, 'remove-participant', name);
  await actorGone(stage, epoch, before);
  await remove(stage, node);
  const mark = node.log().length;
  stage.network.startNode(node);
  const refusal = /(?:gets no secrets|are for nodes on the VN list)[^\n]*/;
  await until(`${node.name} is refused`, timeoutMs, () => refusal.exec(node.log().slice(mark)) ?? undefined);
  must(!/has the secrets of its ledger again/.test(node.log().slice(mark)), 'it does not get them');
  await node.stop();
  stage.narrator.see(`${node.name}, started again, is refused the secrets of its ledger by every node`);
}

/** One more member, with a node. */
export async function memberComes(stage: EpochsStage, name: string): Promise<GovernedNode> {
  const before = await networkKey(stage);
  const newcomer = await admitMember(stage, name);
  const node = await join(stage, newcomer, 'proposal');
  await sharedAnew(stage, withNodes(stage), before);
  return node;
}

/** A member is removed, then its node. */
export async function memberGoes(stage: EpochsStage, name: string): Promise<void> {
  const before = await networkKey(stage);
  const { epoch } = await stage.custody.secrets(stage.network.asked);
  await pass(stage, 'remove-member', name);
  stage.members = stage.members.filter((member) => member.name !== name);
  await actorGone(stage, epoch, before);
  const node = stage.nodes.find(({ actor }) => actor === name);
  must(node !== undefined, `${name} has a node`);
  await remove(stage, node);
}

/** The epoch ends at once, and shares are made anew for those who are left. */
async function actorGone(
  stage: EpochsStage,
  epoch: number,
  before: Awaited<ReturnType<typeof networkKey>>,
): Promise<void> {
  await stage.custody.until(stage.network.asked, 'is in another epoch', (now) => now.epoch > epoch);
  await sharedAnew(stage, withNodes(stage), before);
}

/** Two are killed, the primary among them if it may be: what is left is a quorum, and enough to decrypt. */
export async function twoGone(stage: EpochsStage, gone: readonly GovernedNode[]): Promise<void> {
  const { narrator, load } = stage;
  const startedMs = performance.now();
  for (const node of gone) await kill(stage, node);
  await transactionsGoOn(stage, 50);
  const epoch = await epochsGoBy(stage, 3);
  const pauseMs = load.longestPauseMs(startedMs, performance.now());
  narrator.see(
    `${gone.map(({ name }) => name).join(' and ')} are gone; transactions and epochs go on (${epoch} now); ` +
      `the longest time without an acknowledged transaction was ${Math.round(pauseMs)} ms`,
  );
}

/** `node` is one of three that are left: it stops, and comes back with the help of the two others, which is all there are. */
export async function oneOfThreeRestarts(stage: EpochsStage, node: GovernedNode): Promise<void> {
  await kill(stage, node);
  await comeBack(stage, node);
  await transactionsGoOn(stage, 20);
  stage.narrator.see('no more than three are there: all of them were needed, and transactions go on');
}

/** `asked` proves an entry of an epoch whose secret it never had, and for which it takes shares of M actors. */
export async function provesOld(
  stage: EpochsStage,
  asked: GovernedNode,
  { txId, epoch }: OldEntry,
): Promise<void> {
  const { network, narrator, members } = stage;
  const file = `${txId}.receipt.json`;
  const [member] = members;
  must(member !== undefined, 'there is a member');
  await timed(stage, `${asked.name} proves an entry of epoch ${epoch}`, () =>
    member.ok('receipt', 'get', txId, '-o', file, '--url', asked.administrativeUrl, '--timeout', '60'),
  );
  const checked = await member.json(
    'receipt',
    'verify',
    file,
    '--service-certificate',
    network.serviceCertificateFile,
  );
  must(checked['valid'] === true, 'the receipt holds');
  narrator.see(`${asked.name} proves transaction ${txId} of epoch ${epoch}, which was over before it came`);
}

/** It does not, and says why: to strangers how many have answered, to a member that `silent` have not. */
export async function cannotProve(
  stage: EpochsStage,
  asked: GovernedNode,
  { txId, epoch }: OldEntry,
  silent: readonly Person[],
): Promise<void> {
  const [member] = stage.members;
  must(member !== undefined, 'there is a member');
  const refused = await member.run(
    ...['receipt', 'get', txId, '-o', 'none.json', '--url', asked.administrativeUrl, '--timeout', '60'],
  );
  must(refused.status === 1, `${asked.name} cannot prove ${txId} (${refused.stdout}${refused.stderr})`);
  const sentence = refused.stderr.trim();
  const counted = /partial decryptions of 3 of 5 actors, and 2 have answered/;
  must(counted.test(sentence), `it says how many it takes, and how many have answered (${sentence})`);
  namesAll(await whyNoReceipt(stage, asked, txId), silent);
  stage.narrator.see(`${asked.name} cannot prove ${txId} of epoch ${epoch}: ${sentence.slice(0, 240)}…`);
}

/** What a member is told. */
async function whyNoReceipt(
  { network, members }: EpochsStage,
  asked: GovernedNode,
  txId: string,
): Promise<string> {
  const client = network.client(asked.administrativeUrl, members[0], 60_000);
  try {
    return await until('a member is told why there is no receipt', timeoutMs, async () => {
      const refusal = await client.get(`/node/receipt?transaction_id=${txId}`).then(
        () => undefined,
        (error: unknown) => error,
      );
      return refusal instanceof CocoError && refusal.facts['status'] === 503 ? refusal.message : undefined;
    });
  } finally {
    client.close();
  }
}

/** Three are gone. What is left does not order anything, and a node of it that is started again stays locked, and says why. */
export async function threeGone(
  stage: EpochsStage,
  third: GovernedNode,
  restarting: GovernedNode,
): Promise<void> {
  const { load, narrator, nodes, network } = stage;
  await kill(stage, third);
  const pausedMs = 3000;
  await until('nothing is acknowledged any more', timeoutMs, async () => {
    const before = load.acknowledged.count;
    await new Promise((resolve) => setTimeout(resolve, pausedMs));
    return load.acknowledged.count === before;
  });
  narrator.see('three of five are gone: nothing is acknowledged any more');
  await kill(stage, restarting);
  network.startNode(restarting);
  const silent = nodes.filter((node) => !node.running).map(({ actor }) => network.member(actor));
  const sentence = await lockedSentence(stage, restarting, silent);
  narrator.see(`${restarting.name}, started again: ${sentence.slice(0, 240)}…`);
  await lockedStays(stage, restarting);
}

/** What a locked node says, when it has asked everybody. */
function lockedSentence(stage: EpochsStage, node: GovernedNode, silent: readonly Person[]): Promise<string> {
  return until(`${node.name} says whom it waits for`, timeoutMs, async () => {
    const refusal = await lockedAnswer(stage, node);
    must(refusal?.facts['errorCode'] === 'COCO_NODE_LOCKED', `it is locked (${refusal?.message})`);
    must(
      /partial decryptions of 3 of 5 actors/.test(refusal.message),
      `it says what it takes (${refusal.message})`,
    );
    namesAll(refusal.message, silent);
    const others = stage.nodes.filter((one) => one.running && one !== node);
    for (const { actor } of others) {
      must(!refusal.message.includes(stage.network.member(actor).id.slice(0, 16)), `${actor} has answered`);
    }
    return refusal.message;
  });
}

/** As a member: strangers are told less. */
async function lockedAnswer(
  { network, members }: EpochsStage,
  node: GovernedNode,
): Promise<CocoError | undefined> {
  const client = network.client(node.administrativeUrl, members[0], 10_000);
  try {
    await client.getJson('/node/state');
    return undefined;
  } catch (error) {
    if (error instanceof CocoError) return error;
    throw error;
  } finally {
    client.close();
  }
}

/** It does not unlock by trying more often. */
async function lockedStays(stage: EpochsStage, node: GovernedNode): Promise<void> {
  const rounds = 5;
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const refusal = await lockedAnswer(stage, node);
    must(
      refusal?.facts['errorCode'] === 'COCO_NODE_LOCKED',
      `it stays locked (${refusal?.message ?? 'it is not'})`,
    );
  }
}

function namesAll(sentence: string, silent: readonly Person[]): void {
  for (const { name, id } of silent)
    must(sentence.includes(id.slice(0, 16)), `it names ${name} (${sentence})`);
}

/** One of the three returns: everything goes on. */
export async function oneReturns(
  stage: EpochsStage,
  third: GovernedNode,
  locked: GovernedNode,
): Promise<void> {
  const { network, custody, load, nodes, narrator } = stage;
  await timed(stage, 'three are there again', async () => {
    const before = load.acknowledged.count;
    network.startNode(third);
    for (const node of [third, locked]) {
      await custody.holdsShare(node);
      await takesPart(stage, node);
    }
    load.nodes = nodes.filter(({ running }) => running);
    await until('transactions go on', timeoutMs, () => load.acknowledged.count > before);
  });
  await transactionsGoOn(stage, 50);
  narrator.see(`${third.name} is back, ${locked.name} is unlocked, transactions go on`);
}
