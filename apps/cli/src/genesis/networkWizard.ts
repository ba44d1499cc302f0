/**
 * The dialogue of `coco network create`: asks for what the command line left out.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { UsageError } from '../command.js';
import { describePolicy, parsePolicyText } from '../governance/votingPolicyText.js';
import { ask, confirm } from '../prompt.js';
import { bold, dim, screenColumns, wrap } from '../terminal.js';
import { actorOf, certificateFault, nameFault, nodeOf, votingPoliciesOf } from './networkAnswers.js';
import type { PlannedActor, PlannedNode } from './networkFiles.js';
import { parseNodeAddresses } from './nodeAddresses.js';

/** What is known of the network so far, and all of it afterwards. */
export interface NetworkWishes {
  readonly name?: string;
  readonly directory?: string;
  readonly members: readonly PlannedActor[];
  readonly participants: readonly PlannedActor[];
  readonly nodes: readonly PlannedNode[];
  /** As on the command line. */
  readonly policies: readonly string[];
}

/** Asks for what is missing in `wishes`. Rejects with Cancelled. */
export async function askForNetwork(
  wishes: NetworkWishes,
): Promise<NetworkWishes & { readonly name: string }> {
  say(bold('A new network'), 'Nothing is written before you have seen everything. Ctrl-C ends it.');
  const name = wishes.name ?? (await ask({ text: 'Name of the network', fault: nameFault }));
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'network';
  const directory =
    wishes.directory ??
    (await ask({
      text: 'Directory for its files',
      fallback: slug,
      fault: (given) =>
        existsSync(path.join(given, 'genesis.json')) ? `there is a network in ${given} already` : undefined,
    }));
  const members = wishes.members.length > 0 ? wishes.members : await askForActors('member', []);
  const participants =
    wishes.members.length > 0 ? wishes.participants : await askForActors('participant', members);
  const policies = wishes.policies.length > 0 ? wishes.policies : await askForPolicies();
  const actors = [...members, ...participants];
  const nodes = wishes.nodes.length > 0 ? wishes.nodes : await askForNodes(actors);
  return { name, directory, members, participants, nodes, policies };
}

async function askForActors(
  kind: 'member' | 'participant',
  others: readonly PlannedActor[],
): Promise<readonly PlannedActor[]> {
  say(
    bold(kind === 'member' ? 'Members' : 'Participants'),
    kind === 'member'
      ? 'Each member has one vote on every change, and its own key, which stays with it. Have their certificates ' +
          'at hand; coco member keygen makes one. An empty name ends the list.'
      : 'Participants transact and may run nodes, but have no vote. There may be none: an empty name ends the list.',
  );
  const actors: PlannedActor[] = [];
  for (;;) {
    const name = await ask({
      text: `Name of ${kind} ${actors.length + 1}`,
      fallback: '',
      fault: (given) => {
        if (given === '')
          return kind === 'member' && actors.length === 0 ? 'one member is needed' : undefined;
        const taken = [...others, ...actors].some((actor) => actor.name === given);
        return taken ? 'that name is taken' : nameFault(given);
      },
    });
    if (name === '') return actors;
    const guess = [`${name}.cert.pem`, `${name}.pem`].find((file) => existsSync(file));
    const file = await ask({
      text: `  certificate of ${name}`,
      ...(guess !== undefined && { fallback: guess }),
      fault: (given) => certificateFault(given) ?? takenFault(given, [...others, ...actors]),
    });
    actors.push(actorOf(`${name}=${file}`, '--member'));
  }
}

function takenFault(file: string, actors: readonly PlannedActor[]): string | undefined {
  const { certificate } = actorOf(`x=${file}`, '--member');
  const owner = actors.find((actor) => actor.certificate.fingerprint === certificate.fingerprint);
  return owner === undefined ? undefined : `that is the certificate of ${owner.name}`;
}

async function askForPolicies(): Promise<readonly string[]> {
  say(
    bold('Voting'),
    'How proposals are decided: majority, unanimous, one-of-n or m-of-n:M (M members in favour), with ",quorum=Q" ' +
      'and ",expires=7d" behind it if wanted. The members can change it later, by a vote.',
  );
  const policy = await ask({ text: 'Voting policy', fallback: 'majority', fault: policyFault });
  process.stdout.write(`  ${dim(`accepted with ${describePolicy(parsePolicyText(policy))}`)}\n`);
  return [policy];
}

function policyFault(text: string): string | undefined {
  try {
    votingPoliciesOf([text]);
    return undefined;
  } catch (error) {
    return error instanceof UsageError ? error.message : String(error);
  }
}

async function askForNodes(actors: readonly PlannedActor[]): Promise<readonly PlannedNode[]> {
  say(
    bold('First nodes'),
    'One is enough: others join later, on machines of their own. An address is HOST:PORT for applications; members ' +
      'connect 100 above that port, other nodes 200 above.',
  );
  const nodes: PlannedNode[] = [];
  const names = actors.map(({ name }) => name);
  do {
    const index = nodes.length;
    const actor = await ask({
      text: `Who runs node${index}`,
      fallback: names[index % names.length] ?? '',
      fault: (given) => (names.includes(given) ? undefined : `one of ${names.join(', ')}`),
    });
    const address = await ask({
      text: '  its address',
      fallback: `127.0.0.1:${8545 + index}`,
      fault: (given) => addressFault(given, nodes),
    });
    nodes.push(nodeOf(`${actor}=${address}`, actors));
  } while (await confirm('Another node now?'));
  return nodes;
}

function addressFault(text: string, nodes: readonly PlannedNode[]): string | undefined {
  try {
    const { application, administrative, peer } = parseNodeAddresses(text);
    const taken = nodes.flatMap(({ addresses: one }) => [one.application, one.administrative, one.peer]);
    return [application, administrative, peer].some((address) => taken.includes(address))
      ? 'another node has one of these addresses'
      : undefined;
  } catch (error) {
    return error instanceof UsageError ? error.message : String(error);
  }
}

function say(title: string, text: string): void {
  process.stdout.write(`\n${title}\n${wrap(text, screenColumns).map(dim).join('\n')}\n`);
}
