/**
 * The examples of docs/governance.md: a small network is made and governed, and what people see is kept, command by
 * command.
 */
import path from 'node:path';
import { GovernedNetwork, networkName, type PlannedNode } from '../governed/governedNetwork.js';
import type { CommandRun, Person } from '../governed/person.js';
import { type Answer, talkToCoco } from '../governed/terminal.js';
import { until } from '../until.js';

export interface Example {
  /** As the page names it. */
  readonly name: string;
  /** Prompts, commands, and what they printed. */
  readonly text: string;
}

const timeoutMs = 60_000;

/** Plays everything in `directory`, which is empty. The network's first port is `basePort`, if it matters. */
export async function playExamples(directory: string, basePort?: number): Promise<readonly Example[]> {
  const told = new Teller();
  const network = await GovernedNetwork.create({
    directory,
    members: ['acme', 'bolt', 'cora'],
    participants: ['carrier'],
    nodesMax: 4,
    ethereumGenesis: {},
    ...(basePort !== undefined && { basePort }),
    make: (made, _options, nodes) => createByDialogue(made, nodes, told),
    onRun: (run) => told.hear(run),
  });
  try {
    await network.start();
    // What is shown of proposals says what follows for the ledger's key, which must be there.
    await network.keyed();
    await govern(network, told);
  } finally {
    await network.stop();
  }
  const trusted = ['--service-certificate', path.join(networkName, 'service.pem')];
  await told.keep('verify', network.member('dora'), 'ledger', 'verify', 'pilot/node3/ledger', ...trusted);
  return told.examples;
}

/** Keeps what is to be shown. */
class Teller {
  readonly examples: Example[] = [];
  #parts: string[] | undefined;

  /** Told of every command; shown are those that `keep` runs. */
  hear({ who, words, result }: CommandRun): void {
    this.#parts?.push(shown(who, words, `${result.stdout}${result.stderr}`));
  }

  /** Runs one command, which goes well, and keeps it as the example `name`, behind what that holds already. */
  async keep(name: string, who: Person, ...words: readonly string[]): Promise<string> {
    this.#parts = [];
    try {
      return await who.ok(...words);
    } finally {
      this.add(name, this.#parts.join('\n'));
      this.#parts = undefined;
    }
  }

  add(name: string, text: string): void {
    const index = this.examples.findIndex((one) => one.name === name);
    const before = this.examples[index];
    if (before === undefined) this.examples.push({ name, text });
    else this.examples[index] = { name, text: `${before.text}\n${text}` };
  }
}

const columns = 100;

/** A command and what it printed, on lines that are not too long. */
function shown(who: string, words: readonly string[], printed: string): string {
  const lines = [`${who}$ coco`];
  for (const [index, word] of words.entries()) {
    const last = lines.at(-1) ?? '';
    const option = [word, words[index + 1] ?? ''].join(' ');
    if (word.startsWith('--') && `${last} ${option}`.length > columns) lines.push(`    ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return `${lines.join(' \\\n')}\n${printed.trimEnd()}\n`;
}

/** The dialogue of `coco network create`. */
async function createByDialogue(
  network: GovernedNetwork,
  nodes: readonly PlannedNode[],
  told: Teller,
): Promise<void> {
  const named = (kind: string, names: readonly string[]): readonly Answer[] => [
    ...names.flatMap((name) => [
      { question: new RegExp(`Name of ${kind} \\d+: $`), answer: name },
      { question: /certificate of .*: $/, answer: '' },
    ]),
    { question: new RegExp(`Name of ${kind} \\d+: $`), answer: '' },
  ];
  const answers: readonly Answer[] = [
    { question: /Name of the network: $/, answer: 'Pilot' },
    { question: /Directory .*: $/, answer: '' },
    ...named('member', ['acme', 'bolt', 'cora']),
    ...named('participant', ['carrier']),
    { question: /Voting policy .*: $/, answer: '' },
    ...nodes.flatMap(({ actor, address }, index) => [
      { question: /Who runs .*: $/, answer: actor },
      { question: /its address .*: $/, answer: address },
      { question: /Another node now.*: $/, answer: index + 1 < nodes.length ? 'yes' : 'no' },
    ]),
    { question: /Write these files.*: $/, answer: 'yes' },
  ];
  const words = ['network', 'create'];
  const { status, screen } = await talkToCoco(
    { directory: network.directory, environment: {} },
    words,
    answers,
  );
  if (status !== 0) throw new Error(`coco network create ended with ${status}: ${screen}`);
  told.add('create', shown('acme', words, screen));
}

async function govern(network: GovernedNetwork, told: Teller): Promise<void> {
  const [acme, bolt, cora] = ['acme', 'bolt', 'cora'].map((who) => network.member(who));
  if (acme === undefined || bolt === undefined || cora === undefined) throw new Error('somebody is missing');
  await told.keep('status', acme, 'network', 'status');
  const dora = network.person('dora', 'member');
  await told.keep('keygen', dora, 'member', 'keygen', 'dora');

  const what = ['add-member', 'dora.cert.pem', '--name', 'dora'];
  await told.keep('rehearse', acme, 'proposal', 'rehearse', ...what);
  const proposed = await told.keep('propose', acme, 'proposal', 'create', ...what, '--vote');
  const id = idIn(proposed);
  await told.keep('show', bolt, 'proposal', 'show', id);
  await told.keep('vote', bolt, 'proposal', 'vote', id, 'yes');
  await told.keep('activate', dora, 'member', 'activate');

  await joinByDialogue(network, { dora, others: [acme, bolt] }, told);
  await told.keep('policy', acme, 'proposal', 'rehearse', 'set-voting-policy', 'default', 'unanimous');

  const primary = await network.primary();
  const leaving = network.nodes.find((node) => node !== primary);
  if (leaving === undefined) throw new Error('there is no backup');
  network.ask(network.nodes.at(-1) ?? leaving);
  const removal = told.keep(
    'remove',
    acme,
    'node',
    'remove',
    leaving.nodeId.slice(0, 8),
    '--vote',
    '--wait',
    '600',
  );
  const open = await until('the removal is proposed', timeoutMs, () => openProposal(network));
  for (const other of [bolt, cora]) await quietly(network, other, open);
  await removal;
  await leaving.stop();
  await told.keep('after', acme, 'network', 'status');
  await told.keep('history', acme, 'constitution', 'history');
}

/** A vote that the examples do not show. */
async function quietly(network: GovernedNetwork, who: Person, proposalId: string): Promise<void> {
  const { onRun } = network;
  // Others' commands may end meanwhile, and are to be heard of.
  network.onRun = (run) => (run.who === who.name ? undefined : onRun?.(run));
  await who.vote(proposalId);
  network.onRun = onRun;
}

async function openProposal(network: GovernedNetwork): Promise<string | undefined> {
  const path_ = '/gov/members/proposals?api-version=2024-07-01';
  const { value } = (await network.get(network.asked, path_)) as {
    value: readonly { proposalId: string; proposalState: string; ballotCount: number }[];
  };
  // The proposer's own vote comes after its proposal.
  return value.find(({ proposalState, ballotCount }) => proposalState === 'Open' && ballotCount > 0)
    ?.proposalId;
}

function idIn(printed: string): string {
  const [, id] = /^Proposal ([0-9a-f]+)/m.exec(printed) ?? [];
  if (id === undefined) throw new Error(`no proposal is named in ${printed}`);
  return id;
}

/** The dialogue of `coco node join`, and the node that comes of it. */
async function joinByDialogue(
  network: GovernedNetwork,
  { dora, others }: { readonly dora: Person; readonly others: readonly Person[] },
  told: Teller,
): Promise<void> {
  const node = network.addNode('dora');
  const words = [
    ...['node', 'join', ...network.configOf(node)],
    ...[
      '--peer',
      network.asked.addresses.administrative,
      '--service-fingerprint',
      network.serviceFingerprint,
    ],
    ...['--actor-cert', dora.certificateFile, '--actor-key', dora.keyFile, '--propose', '--no-start'],
  ];
  const answers = [{ question: /Approve the constitution .*: $/, answer: 'yes' }];
  const talk = talkToCoco({ directory: network.directory, environment: {} }, words, answers);
  const open = await until('the node is proposed', timeoutMs, () => openProposal(network));
  for (const other of others) await quietly(network, other, open);
  const { status, screen } = await talk;
  if (status !== 0) throw new Error(`coco node join ended with ${status}: ${screen}`);
  told.add('join', shown('dora', words, screen));
  network.startNode(node);
  await until('the node takes part', timeoutMs, async () => {
    const { state } = (await network.get(node, '/node/state')) as { state: string };
    return state === 'PartOfNetwork';
  });
}
