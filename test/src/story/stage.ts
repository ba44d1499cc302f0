/**
 * What every chapter of the story works with, and the few things that happen in several of them: a node joins, a node is
 * removed, something must be so.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import { decide, type Person } from '../governed/person.js';
import { until } from '../until.js';
import type { Narrator } from './narrator.js';
import type { StoryLoad } from './storyLoad.js';

export interface Stage {
  readonly network: GovernedNetwork;
  readonly load: StoryLoad;
  readonly narrator: Narrator;
  /** Members whose vote counts, the first to be asked first. */
  members: readonly Person[];
  /** Nodes that take part. */
  nodes: readonly GovernedNode[];
  readonly joins: JoinTimes[];
  readonly replacements: Replacement[];
}

/** How long a node took. */
export interface JoinTimes {
  readonly node: string;
  /** From its acceptance by vote until it is Trusted and has caught up. */
  readonly seconds: number;
}

export interface Replacement {
  readonly node: string;
  readonly by: string;
  /** Whether the node that went was the primary. */
  readonly wasPrimary: boolean;
  /** The longest time without an acknowledged transaction, while the new node joined and while the old one left. */
  readonly joinPauseMs: number;
  readonly leavePauseMs: number;
}

const timeoutMs = 60_000;

/** Fails the story when it is not so. */
export function must(isSo: boolean, sentence: string): asserts isSo {
  if (!isSo) throw new Error(`it is not so that ${sentence}`);
}

/** As many members as more than half, the proposer first. */
export function majority({ members }: Stage): readonly [Person, ...Person[]] {
  const [proposer, ...others] = members.slice(0, Math.floor(members.length / 2) + 1);
  must(proposer !== undefined, 'there is a member');
  return [proposer, ...others];
}

/** A majority accepts `what`. */
export function pass(stage: Stage, ...what: readonly string[]): Promise<string> {
  const [proposer, ...others] = majority(stage);
  return decide(proposer, others, ...what);
}

/** A new node of `actor` joins: by its tuple or its own proposal, a vote, and the approval of the constitution's digest. */
export async function join(stage: Stage, actor: Person, by: 'tuple' | 'proposal'): Promise<GovernedNode> {
  const { network, narrator } = stage;
  const node = network.addNode(actor.name);
  const digest = (await majority(stage)[0].ok('constitution', 'show', '--digest')).trim();
  const words = [
    ...['node', 'join', ...network.configOf(node)],
    ...['--peer', network.asked.addresses.administrative],
    ...['--service-fingerprint', network.serviceFingerprint, '--approve', digest],
  ];
  const accept = by === 'tuple' ? acceptTuple : acceptProposed;
  await accept(stage, actor, node, words);
  const acceptedMs = performance.now();
  await takesPart(stage, node);
  const seconds = (performance.now() - acceptedMs) / 1000;
  stage.joins.push({ node: node.name, seconds });
  stage.nodes = [...stage.nodes, node];
  stage.load.nodes = stage.nodes;
  const snapshot = /snapshot (\d+) fetched, and its receipt verified/.exec(node.log())?.[1];
  must(snapshot !== undefined, `${node.name} began with a snapshot`);
  narrator.see(
    `${node.name} of ${actor.name}: began with the snapshot at ${snapshot}, takes part ${seconds.toFixed(1)} s after the vote`,
  );
  return node;
}

/** The actor signs the tuple and starts the node, which waits; the members vote on the tuple. */
async function acceptTuple(
  stage: Stage,
  actor: Person,
  node: GovernedNode,
  words: readonly string[],
): Promise<void> {
  const { network, narrator } = stage;
  const tuple = path.join('pilot', node.name, 'tuple.json');
  const signing = ['--actor-cert', actor.certificateFile, '--actor-key', actor.keyFile, '--out', tuple];
  const made = await actor.json('node', 'tuple', ...network.configOf(node), ...signing);
  node.nodeId = String(made['nodeId']);
  node.start(...words);
  await logged(node, /waiting/);
  narrator.see(`${node.name} waits: it gets nothing as long as the members have not admitted it`);
  await pass(stage, 'add-node', tuple);
}

/** The node proposes itself in the name of its actor, a member; the others vote. */
async function acceptProposed(
  stage: Stage,
  actor: Person,
  node: GovernedNode,
  words: readonly string[],
): Promise<void> {
  node.start(...words, '--actor-cert', actor.certificateFile, '--actor-key', actor.keyFile, '--propose');
  const [, proposalId = ''] = await logged(node, /proposed as ([0-9a-f]+)/);
  const others = stage.members.filter((member) => member !== actor);
  let state = '';
  for (const other of others.slice(0, majority(stage).length - 1)) {
    ({ state } = await other.vote(proposalId));
  }
  must(state === 'Accepted', `the node is accepted by a majority, and not ${state}`);
  const tuple: unknown = JSON.parse(readFileSync(path.join(node.directory, 'tuple.json'), 'utf8'));
  node.nodeId = String((tuple as { node_id: unknown }).node_id);
}

/** What the node has logged that matches. */
export function logged(node: GovernedNode, pattern: RegExp): Promise<RegExpExecArray> {
  const said = until(`${node.name} says ${pattern}`, timeoutMs, () => pattern.exec(node.log()) ?? undefined);
  return whileRunning(node, said);
}

/** Waits until `node` is Trusted, knows it, and has committed what the node that people ask had. */
export async function takesPart({ network }: Stage, node: GovernedNode): Promise<void> {
  const { seqno } = await standing(network, network.asked);
  const part = until(`${node.name} takes part`, timeoutMs, async () => {
    const own = await standing(network, node);
    return own.state === 'PartOfNetwork' && own.seqno >= seqno;
  });
  await whileRunning(node, part);
}

async function standing(network: GovernedNetwork, node: GovernedNode) {
  const { state, last_committed: committed } = (await network.get(node, '/node/state')) as Record<
    string,
    unknown
  >;
  return { state, seqno: Number(String(committed).split('.')[1]) };
}

/** `work`, or that the node's process has ended before. */
export function whileRunning<Result>(node: GovernedNode, work: Promise<Result>): Promise<Result> {
  const ended = node.ended().then((status): never => {
    throw new Error(`${node.name} ended with ${status}: ${node.log().slice(-2000)}`);
  });
  return Promise.race([work, ended]);
}

/** The members remove `node`; it is shut down when that can be done. */
export async function remove(stage: Stage, node: GovernedNode): Promise<void> {
  const { network, narrator } = stage;
  const [remover, ...others] = majority(stage);
  const left = stage.nodes.filter((one) => one !== node);
  network.ask(left.at(-1) ?? node);
  const removal = remover.json('node', 'remove', node.nodeId, '--vote', '--wait', '60');
  const proposalId = await until('the removal is proposed', timeoutMs, async () => {
    const open: unknown = JSON.parse((await others[0]?.ok('proposal', 'list', '--open', '--json')) ?? '[]');
    const proposals = open as readonly { proposalId: string; actionNames: readonly string[] }[];
    return proposals.find(({ actionNames }) => actionNames.includes('remove_node'))?.proposalId;
  });
  for (const other of others) await other.vote(proposalId);
  must((await removal)['canBeShutDown'] === true, `${node.name} can be shut down`);
  stage.nodes = left;
  stage.load.nodes = left;
  await node.stop();
  must(node.status === 0, `${node.name} ends in order, and not with ${node.status}`);
  await remover.ok('node', 'remove', node.nodeId, '--forget');
  // The primary has answered; the node that is asked may hear of it a moment later.
  await until(`${node.name} is off the list`, timeoutMs, async () => {
    return (await network.listed()).every((one) => one.node_id !== node.nodeId);
  });
  narrator.see(
    `${node.name} was removed by vote; when its removal was committed it was shut down, and is off the list`,
  );
}
