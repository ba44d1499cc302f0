/**
 * `coco proposal show`: what a proposal asks for, what it would change, and how it stands.
 */
import process from 'node:process';
import type { Client } from '@coco/client';
import { CocoError } from '@coco/primitives';
import type { Command, OptionValues } from '../command.js';
import { accessOptions, jsonOption, signingOptions, withClient } from '../governance/access.js';
import type { JsonView } from '../governance/jsonView.js';
import { namerOf } from '../governance/naming.js';
import { readActors, readProposal, readProposalBody } from '../governance/networkReader.js';
import { findProposalId } from '../governance/proposalId.js';
import { describeProposal } from '../governance/proposalText.js';
import { describeRehearsal } from '../governance/rehearsalText.js';
import { canRehearse, rehearse } from '../governance/rehearse.js';
import { nextSteps } from '../governance/showProposal.js';
import { dim } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const proposalShow: Command = {
  name: 'proposal show',
  summary: 'show what a proposal asks for and how it stands',
  operands: 'ID',
  options: {
    full: { type: 'boolean', help: 'every changed value as it is and as it would be' },
    ...jsonOption,
    ...accessOptions,
    ...signingOptions,
  },
  about: [
    'ID may be the first digits of the id. Members also see what an open proposal would change as things are now.',
  ],
  examples: [
    ['coco proposal show 3f2a91', 'the proposal whose id begins with these digits'],
    ['coco proposal show 3f2a91 --json | jq .tally', 'for programs'],
  ],
  async run(operands, options) {
    const given = onlyOperand(operands, 'ID');
    return withClient(options, async (client) => {
      const id = await findProposalId(client, given);
      const proposal = await readProposal(client, id);
      if (options['json'] === true) {
        process.stdout.write(`${JSON.stringify(proposal.value)}\n`);
        return 0;
      }
      const namer = namerOf(await readActors(client));
      const changes = await changesOf(client, proposal, options);
      process.stdout.write(
        `${describeProposal(proposal, namer, Date.now(), changes)}\n${nextSteps(proposal)}`,
      );
      return 0;
    });
  },
};

/** What an open proposal would change as things are now; why that cannot be said; nothing for one that is closed. */
async function changesOf(
  client: Client,
  proposal: JsonView,
  options: OptionValues,
): Promise<string | undefined> {
  if (proposal.text('proposalState') !== 'Open') return undefined;
  if (!canRehearse(options)) return dim('With --cert and --key you also see what it would change.');
  const id = proposal.text('proposalId');
  const body = await readProposalBody(client, id);
  try {
    const full = options['full'] === true;
    return describeRehearsal(await rehearse(body, options, client, id), { full, tally: false });
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return dim(`What it would change cannot be shown: ${error.message}`);
  }
}
