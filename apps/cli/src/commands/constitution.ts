/**
 * `coco constitution show`, `diff` and `history`: the rules of the network, and how they came about (GOV-1).
 */
import process from 'node:process';
import type { Client } from '@coco/client';
import { type Command, type OptionValues, text, UsageError } from '../command.js';
import { constitutionOf } from '../genesis/constitutionScripts.js';
import { accessOptions, jsonOption, withClient } from '../governance/access.js';
import { objectIn } from '../governance/actionArguments.js';
import { constitutionDiff } from '../governance/constitutionDiff.js';
import { describeConstitution } from '../governance/constitutionText.js';
import { viewOf } from '../governance/jsonView.js';
import { namerOf, shortId } from '../governance/naming.js';
import {
  readActors,
  readConstitution,
  readHistory,
  readProposal,
  readScripts,
} from '../governance/networkReader.js';
import { findProposalId } from '../governance/proposalId.js';
import { printableLines } from '../governance/rehearsalText.js';
import { diffFigures, diffLines, formatDiff } from '../governance/textDiff.js';
import { dim, table } from '../terminal.js';

export const constitutionShow: Command = {
  name: 'constitution show',
  summary: 'show the rules of the network',
  operands: '',
  options: {
    scripts: { type: 'boolean', help: 'the source of the scripts instead' },
    digest: { type: 'boolean', help: 'the digest alone' },
    ...jsonOption,
    ...accessOptions,
  },
  about: [
    'The digest names every row of every policy: two members who see the same digest have the same constitution. The ' +
      'nodes are not part of it, see coco network status.',
  ],
  examples: [
    ['coco constitution show', 'members, participants, how proposals are decided, approved code, settings'],
    ['coco constitution show --scripts > constitution.js', 'to read it, or to propose another'],
    ['coco constitution show --json > before.json', 'to compare later with coco constitution diff'],
  ],
  async run(_operands, options) {
    return withClient(options, async (client) => {
      if (options['scripts'] === true) process.stdout.write(await readScripts(client));
      else {
        const summary = await readConstitution(client);
        const shown =
          options['digest'] === true
            ? summary.text('digest')
            : options['json'] === true
              ? JSON.stringify(summary.value)
              : describeConstitution(summary);
        process.stdout.write(`${shown}\n`);
      }
      return 0;
    });
  },
};

export const constitutionDiffCommand: Command = {
  name: 'constitution diff',
  summary: 'compare the rules with a file or with a proposal',
  operands: '[FILE…]',
  options: {
    proposal: {
      type: 'string',
      value: 'ID',
      help: 'the scripts that this proposal would set, against those in force',
    },
    ...jsonOption,
    ...accessOptions,
  },
  about: [
    'With a file of coco constitution show --json: what has changed since. With scripts (several are put together in ' +
      'this order): how they differ from those in force. Exit status 1 when there is a difference.',
  ],
  examples: [
    ['coco constitution diff before.json', 'what has changed since the file was written'],
    ['coco constitution diff constitution.js', 'from the scripts in force to those in the file'],
    ['coco constitution diff --proposal 3f2a91', 'what would become of the scripts'],
  ],
  async run(operands, options) {
    return withClient(options, async (client) => {
      const [file] = operands;
      if (file?.endsWith('.json') === true && operands.length === 1) {
        const lines = constitutionDiff(viewOf(objectIn(file)), await readConstitution(client));
        return show(lines, options, { changes: lines });
      }
      const wanted = await wantedScripts(operands, options, client);
      const compared = diffLines(printableLines(await readScripts(client)), printableLines(wanted));
      const figures = diffFigures(compared);
      return show(formatDiff(compared), options, figures);
    });
  },
};

/** Exit status 1 when there is a difference, as diff has it. */
function show(lines: readonly string[], options: OptionValues, json: unknown): number {
  const equal = lines.length === 0;
  if (options['json'] === true) process.stdout.write(`${JSON.stringify({ equal, ...(json as object) })}\n`);
  else process.stdout.write(equal ? `${dim('no difference')}\n` : `${lines.join('\n')}\n`);
  return equal ? 0 : 1;
}

async function wantedScripts(
  operands: readonly string[],
  options: OptionValues,
  client: Client,
): Promise<string> {
  const given = text(options, 'proposal');
  if ((given === undefined) === (operands.length === 0)) {
    throw new UsageError(
      'one of these is needed: a file of coco constitution show --json, scripts, or --proposal ID',
    );
  }
  if (given === undefined) return constitutionOf(operands);
  const proposal = await readProposal(client, await findProposalId(client, given));
  const action = proposal.list('actions').find((one) => one.text('name') === 'set_constitution');
  if (action !== undefined) return action.object('args').raw('constitution');
  throw new UsageError(`proposal ${shortId(proposal.text('proposalId'))} does not change the scripts`);
}

export const constitutionHistory: Command = {
  name: 'constitution history',
  summary: 'show every proposal that was accepted, and who voted for it',
  operands: '',
  options: { ...jsonOption, ...accessOptions },
  examples: [['coco constitution history', 'the oldest first; the entries are on the ledger for ever']],
  async run(_operands, options) {
    return withClient(options, async (client) => {
      const history = await readHistory(client);
      if (options['json'] === true) {
        process.stdout.write(`${JSON.stringify(history.map(({ value }) => value))}\n`);
        return 0;
      }
      if (history.length === 0) {
        process.stdout.write(`${dim('nothing was changed since the genesis')}\n`);
        return 0;
      }
      const namer = namerOf(await readActors(client));
      const rows = history.map((proposal) => [
        timeOf(proposal.number('acceptedAt')),
        shortId(proposal.text('proposalId')),
        namer.name(proposal.text('proposerId')),
        proposal
          .object('finalVotes')
          .entries()
          .map(([member, inFavour]) => `${inFavour === true ? '' : 'not '}${namer.name(member)}`)
          .toSorted()
          .join(', ') || dim('no ballots'),
        proposal.texts('actions').join(', '),
      ]);
      process.stdout.write(
        `${table([['accepted (UTC)', 'proposal', 'proposed by', 'in favour', 'did'], ...rows])}\n`,
      );
      return 0;
    });
  },
};

function timeOf(seconds: number | undefined): string {
  return seconds === undefined ? '' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}
