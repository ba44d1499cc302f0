/**
 * `coco proposal rehearse`: what a proposal would do, without proposing it (GOV-6).
 */
import process from 'node:process';
import type { Command } from '../command.js';
import { accessOptions, jsonOption, signingOptions, withClient } from '../governance/access.js';
import { shortFormOptions, shortForms } from '../governance/actionArguments.js';
import { viewOf } from '../governance/jsonView.js';
import { namerOf } from '../governance/naming.js';
import { readActors, readProposalBody } from '../governance/networkReader.js';
import { findProposalId } from '../governance/proposalId.js';
import { actionLines } from '../governance/proposalText.js';
import { describeRehearsal } from '../governance/rehearsalText.js';
import { rehearse } from '../governance/rehearse.js';
import { bold } from '../terminal.js';
import { proposalBody } from './proposalCreate.js';

export const proposalRehearse: Command = {
  name: 'proposal rehearse',
  summary: 'show what a proposal would change, without proposing it',
  operands: 'WHAT [OPERANDS] | FILE.json… | ID',
  choices: Object.keys(shortForms),
  options: {
    full: { type: 'boolean', help: 'every changed value as it is and as it would be' },
    ...shortFormOptions,
    ...jsonOption,
    ...accessOptions,
    ...signingOptions,
  },
  about: [
    'Takes what coco proposal create takes, or the id of a proposal. Exit status 1 when it is not valid, or could not be ' +
      'applied. Only members can rehearse.',
  ],
  examples: [
    [
      'coco proposal rehearse remove-member bolt',
      'what the removal would change, and who would have to vote',
    ],
    ['coco proposal rehearse 3f2a91 --full', 'a proposal that is open'],
  ],
  async run(operands, options) {
    return withClient(options, async (client) => {
      const [first = ''] = operands;
      const isOpen = operands.length === 1 && /^[0-9a-f]{4,64}…?$/i.test(first);
      const openId = isOpen ? await findProposalId(client, first) : undefined;
      const body =
        openId === undefined
          ? await proposalBody(operands, options, client)
          : await readProposalBody(client, openId);
      const rehearsal = await rehearse(body, options, client, openId);
      if (options['json'] === true) process.stdout.write(`${JSON.stringify(rehearsal.value)}\n`);
      else {
        const asked = viewOf(JSON.parse(new TextDecoder().decode(body)));
        const actions = actionLines(asked, namerOf(await readActors(client)));
        const full = options['full'] === true;
        const changes = describeRehearsal(rehearsal, { full, tally: !isOpen });
        process.stdout.write(`${bold('It asks to:')}\n${actions.join('\n')}\n\n${changes}\n`);
      }
      return rehearsal.flag('valid') && !rehearsal.has('failure') ? 0 : 1;
    });
  },
};
