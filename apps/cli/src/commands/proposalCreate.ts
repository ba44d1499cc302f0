/**
 * `coco proposal create`: a change of the network, proposed by a member (GOV-3).
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { type Client, plainBallot, proposalFault } from '@coco/client';
import { utf8 } from '@coco/primitives';
import { type Command, type OptionValues, text, UsageError } from '../command.js';
import { accessOptions, jsonOption, withClientUnlessPreparing } from '../governance/access.js';
import {
  type Action,
  type Directory,
  objectIn,
  type ShortForm,
  shortFormOptions,
  shortForms,
} from '../governance/actionArguments.js';
import { readActors, readAuditGrants, readNodes } from '../governance/networkReader.js';
import { describeRehearsal } from '../governance/rehearsalText.js';
import { rehearse } from '../governance/rehearse.js';
import { showProposal } from '../governance/showProposal.js';
import { describePrepared, requestOptions, say } from '../governance/signing.js';
import { Cancelled, confirm } from '../prompt.js';
import { bold, green, interactive } from '../terminal.js';

const forms = Object.entries(shortForms);

export const proposalCreate: Command = {
  name: 'proposal create',
  summary: 'propose a change of the network',
  operands: 'WHAT [OPERANDS] | FILE.json…',
  choices: forms.map(([word]) => word),
  options: {
    ...shortFormOptions,
    vote: { type: 'boolean', help: 'vote in favour of it at once; otherwise proposing is not voting' },
    write: { type: 'string', value: 'FILE', help: 'write the proposal to FILE instead of proposing it' },
    yes: { type: 'boolean', short: 'y', help: 'do not rehearse and ask first (on a terminal)' },
    ...jsonOption,
    ...accessOptions,
    ...requestOptions,
  },
  about: ['WHAT is one of these; or give JSON files with {"actions": […]}, whose actions are put together:'],
  list: forms.map(([word, { operands, what }]) => [`${word} ${operands}`, what] as const),
  examples: [
    ['coco proposal create add-member dora.cert.pem --name dora --vote', 'propose, and vote for it'],
    [
      'coco proposal create set-voting-policy default unanimous',
      'every member must be in favour from then on',
    ],
    [
      'coco proposal create set-voting-policy remove_member m-of-n:3 --quorum 4 --expires 7d',
      'for one kind of action',
    ],
    [
      'coco proposal create add-node node3.tuple.json --prepare request.json',
      'to be signed on another machine',
    ],
  ],
  async run(operands, options) {
    return withClientUnlessPreparing(options, (client) => create(operands, options, client));
  },
};

async function create(
  operands: readonly string[],
  options: OptionValues,
  client: Client | undefined,
): Promise<number> {
  const body = { actions: await actionsOf(operands, options, client) };
  const fault = proposalFault(body);
  if (fault !== undefined) throw new UsageError(`the proposal cannot be used: ${fault}`);
  const json = options['json'] === true;
  const file = text(options, 'write');
  if (file !== undefined) {
    writeFileSync(file, `${JSON.stringify(body, null, 2)}\n`);
    process.stdout.write(
      json ? `${JSON.stringify({ written: file })}\n` : `${green('●')} ${bold(file)} written\n`,
    );
    return 0;
  }
  const payload = utf8(JSON.stringify(body));
  const asks = interactive && !json && options['yes'] !== true && text(options, 'prepare') === undefined;
  if (asks && client !== undefined) await rehearseAndAsk(payload, options, client);
  const said = await say({ type: 'proposal', payload }, options, client);
  if ('prepared' in said) {
    process.stdout.write(`${json ? JSON.stringify(said) : describePrepared(said.prepared)}\n`);
    return 0;
  }
  if (client === undefined) return 0;
  const proposalId = said.answer.text('proposalId');
  if (options['vote'] === true && said.answer.text('proposalState') === 'Open') {
    await say({ type: 'ballot', proposalId, payload: plainBallot(true) }, options, client);
  }
  return showProposal(client, proposalId, json);
}

async function rehearseAndAsk(payload: Uint8Array, options: OptionValues, client: Client): Promise<void> {
  const rehearsal = await rehearse(payload, options, client);
  process.stdout.write(`${describeRehearsal(rehearsal, { full: false, tally: true })}\n\n`);
  if (!(await confirm('Propose this?', rehearsal.flag('valid')))) throw new Cancelled();
}

/** The actions that the command line asks for. */
async function actionsOf(
  operands: readonly string[],
  options: OptionValues,
  client: Client | undefined,
): Promise<readonly unknown[]> {
  const [word, ...rest] = operands;
  if (word === undefined) {
    throw new UsageError(`WHAT is needed: ${forms.map(([name]) => name).join(', ')}, or a JSON file`);
  }
  const form = Object.hasOwn(shortForms, word) ? shortForms[word] : undefined;
  if (form !== undefined) return [await shortAction(word, form, rest, { options, client })];
  if (operands.every((operand) => operand.endsWith('.json'))) {
    return operands.flatMap((file) => {
      const { actions } = objectIn(file);
      if (!Array.isArray(actions)) throw new UsageError(`${file} has no "actions"`);
      return actions as readonly unknown[];
    });
  }
  throw new UsageError(
    `there is nothing like "${word}" to propose; it is one of ${forms.map(([name]) => name).join(', ')}, or JSON files`,
  );
}

function shortAction(
  word: string,
  form: ShortForm,
  operands: readonly string[],
  { options, client }: { readonly options: OptionValues; readonly client: Client | undefined },
): Promise<Action> {
  const { count, more } = form;
  if (operands.length < count || (operands.length > count && more !== true)) {
    throw new UsageError(`${word} takes ${form.operands === '' ? 'nothing behind it' : form.operands}`);
  }
  const online = (): Client => {
    if (client !== undefined) return client;
    throw new UsageError('--url is needed (or COCO_URL in the environment) to look names up');
  };
  const actors = async (kind: 'member' | 'participant') =>
    (await readActors(online())).filter((actor) => actor.kind === kind);
  const directory: Directory = {
    members: () => actors('member'),
    participants: () => actors('participant'),
    nodes: async () => readNodes(online()),
    grants: async () =>
      (await readAuditGrants(online())).map((row) => ({ id: row.text('grant_id'), name: row.text('name') })),
  };
  return form.action(operands, options, directory);
}

/** The body that the command line asks for, to be rehearsed. */
export async function proposalBody(
  operands: readonly string[],
  options: OptionValues,
  client: Client,
): Promise<Uint8Array> {
  return utf8(JSON.stringify({ actions: await actionsOf(operands, options, client) }));
}
