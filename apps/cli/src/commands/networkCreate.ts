/**
 * `coco network create` (GOV-2): the genesis constitution and the first nodes of a network, from flags or by a dialogue.
 */
import path from 'node:path';
import process from 'node:process';
import { type Command, list, type OptionValues, text, UsageError, whole } from '../command.js';
import { builtinConstitution, constitutionOf } from '../genesis/constitutionScripts.js';
import { manifestsOf } from '../genesis/manifestAnswers.js';
import { actorOf, nameFault, nodeOf, planFault, votingPoliciesOf } from '../genesis/networkAnswers.js';
import { createNetworkFiles, type NetworkPlan, type NewNetwork } from '../genesis/networkFiles.js';
import { describeNewNetwork, describePlan } from '../genesis/networkText.js';
import { askForNetwork, type NetworkWishes } from '../genesis/networkWizard.js';
import { jsonOption } from '../governance/access.js';
import { readText } from '../ledger/textFile.js';
import { Cancelled, confirm } from '../prompt.js';
import { sandboxChainId, sandboxGenesis } from '../sandbox/ethereumGenesis.js';
import { interactive } from '../terminal.js';

export const networkCreate: Command = {
  name: 'network create',
  summary: 'make the genesis of a network and its first nodes',
  operands: '',
  options: {
    name: { type: 'string', value: 'NAME', help: 'what the service is called in its certificate' },
    directory: { type: 'string', short: 'd', value: 'DIR', help: 'where its files go' },
    member: {
      type: 'string',
      value: 'NAME=CERT',
      multiple: true,
      help: 'a member, who votes, by its certificate in PEM',
    },
    participant: {
      type: 'string',
      value: 'NAME=CERT',
      multiple: true,
      help: 'a participant, who transacts without a vote',
    },
    node: {
      type: 'string',
      value: 'ACTOR=HOST:PORT',
      multiple: true,
      help: 'a first node and who runs it; administrative and peer ports are 100 and 200 higher, or: HOST:PORT,PORT,PORT',
    },
    'voting-policy': {
      type: 'string',
      value: 'POLICY',
      multiple: true,
      help: 'majority (default), unanimous, one-of-n or m-of-n:M, with ,quorum=Q and ,expires=7d behind it if wanted; ACTION=POLICY for one kind of action',
    },
    tee: {
      type: 'string',
      value: 'PLATFORM=FILE',
      multiple: true,
      help: 'a platform on which nodes may run, and what is demanded of it as JSON (may be left out); default: virtual, which proves nothing',
    },
    code: {
      type: 'string',
      value: 'CODE-ID=COMPONENT',
      multiple: true,
      help: 'code that nodes may run, by its id; default: that of this installation',
    },
    'any-code': {
      type: 'boolean',
      help: 'let nodes on the platform virtual run any code; for trying out only',
    },
    constitution: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      help: 'scripts of the constitution instead of the default ones; several are put together in this order',
    },
    'ethereum-genesis': {
      type: 'string',
      value: 'FILE',
      help: 'what the Ethereum adapter begins with, in geth’s format; without it there are no accounts',
    },
    'chain-id': {
      type: 'string',
      value: 'N',
      default: String(sandboxChainId),
      help: 'of Ethereum, without such a file',
    },
    'admit-anonymous': { type: 'boolean', help: 'let in clients without a certificate; for trying out only' },
    yes: { type: 'boolean', short: 'y', help: 'do not ask before writing' },
    ...jsonOption,
  },
  about: [
    'Asks for whatever is missing when there is a terminal. Whoever makes a network gets no extra rights: from its first ' +
      'entry on it is changed by the members’ votes alone.',
  ],
  examples: [
    ['coco network create', 'a dialogue'],
    [
      'coco network create --name Pilot --member acme=acme.cert.pem --member bolt=bolt.cert.pem \\\n' +
        '    --voting-policy majority --voting-policy set_constitution=unanimous --node acme=10.0.0.1:8545',
      'two members, one first node, and a constitution that only both together can change',
    ],
  ],
  async run(_operands, options) {
    const plan = await planOf(options);
    const fault = planFault([...plan.members, ...plan.participants], plan.nodes);
    if (fault !== undefined) throw new UsageError(fault);
    const json = options['json'] === true;
    if (interactive && !json && options['yes'] !== true) {
      process.stdout.write(`\n${describePlan(plan)}\n\n`);
      if (!(await confirm('Write these files?', true))) throw new Cancelled();
    }
    const made = await createNetworkFiles(plan, Date.now());
    process.stdout.write(
      `${json ? JSON.stringify(resultJson(plan, made)) : describeNewNetwork(plan, made)}\n`,
    );
    return 0;
  },
};

async function planOf(options: OptionValues): Promise<NetworkPlan> {
  const given = wishesOf(options);
  const complete = given.name !== undefined && given.members.length > 0 && given.nodes.length > 0;
  if (!complete && !(interactive && options['json'] !== true)) {
    throw new UsageError('--name, --member and --node are needed (on a terminal they are asked for)');
  }
  const wishes = complete ? given : await askForNetwork(given);
  const name = wishes.name ?? '';
  const fault = nameFault(name);
  if (fault !== undefined) throw new UsageError(`--name: ${fault}`);
  const files = list(options, 'constitution');
  const adapters = [{ module: '@coco/ethereum', settings: {} }];
  const manifests = await manifestsOf({
    tees: list(options, 'tee'),
    codes: list(options, 'code'),
    anyCode: options['any-code'] === true,
    modules: adapters.map(({ module }) => module),
  });
  return {
    directory: path.resolve(wishes.directory ?? 'network'),
    name,
    members: wishes.members,
    participants: wishes.participants,
    nodes: wishes.nodes,
    votingPolicies: votingPoliciesOf(wishes.policies),
    constitution: files.length === 0 ? builtinConstitution() : constitutionOf(files),
    manifests,
    adapters,
    adaptersGenesis: { ethereum: ethereumGenesis(options) },
    settings: options['admit-anonymous'] === true ? { admitAnonymous: true } : {},
  };
}

function wishesOf(options: OptionValues): NetworkWishes {
  const name = text(options, 'name');
  const directory = text(options, 'directory');
  const actors = (option: string) => list(options, option).map((one) => actorOf(one, `--${option}`));
  const members = actors('member');
  const participants = actors('participant');
  return {
    ...(name !== undefined && { name }),
    ...(directory !== undefined && { directory }),
    members,
    participants,
    nodes: list(options, 'node').map((one) => nodeOf(one, [...members, ...participants])),
    policies: list(options, 'voting-policy'),
  };
}

const genesisBytesMax = 256 * 1024 * 1024;

function ethereumGenesis(options: OptionValues): unknown {
  const file = text(options, 'ethereum-genesis');
  if (file === undefined) return sandboxGenesis([], whole(options, 'chain-id', 1, 2 ** 49));
  try {
    return JSON.parse(readText(file, genesisBytesMax));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`--ethereum-genesis: ${file} is not JSON`);
    throw error;
  }
}

function resultJson(plan: NetworkPlan, made: NewNetwork): unknown {
  return {
    directory: plan.directory,
    serviceFingerprint: made.serviceCertificate.fingerprint,
    constitutionDigest: made.constitutionDigest,
    nodes: made.nodeIds.map((nodeId, index) => ({
      nodeId,
      config: path.join(plan.directory, `node${index}`, 'node.json'),
      ...plan.nodes[index]?.addresses,
    })),
  };
}
