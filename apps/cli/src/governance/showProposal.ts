/**
 * The end of every command about a proposal: how it stands now, and what can be done next.
 */
import process from 'node:process';
import type { Client } from '@coco/client';
import { bold, dim } from '../terminal.js';
import type { JsonView } from './jsonView.js';
import { namerOf, shortId } from './naming.js';
import { readActors, readProposal } from './networkReader.js';
import { describeProposal } from './proposalText.js';

/** Shows how a proposal stands; the exit status is 1 when it failed, or was rejected or dropped. */
export async function showProposal(client: Client, id: string, json: boolean): Promise<number> {
  const proposal = await readProposal(client, id);
  if (json) process.stdout.write(`${JSON.stringify(proposal.value)}\n`);
  else {
    const namer = namerOf(await readActors(client));
    process.stdout.write(`${describeProposal(proposal, namer, Date.now())}\n${nextSteps(proposal)}`);
  }
  return ['Open', 'Accepted', 'Withdrawn'].includes(proposal.text('proposalState')) ? 0 : 1;
}

/** What can be done next with a proposal; nothing when it is closed. */
export function nextSteps(proposal: JsonView): string {
  if (proposal.text('proposalState') !== 'Open') return '';
  const id = shortId(proposal.text('proposalId'));
  return [
    '',
    bold('Next:'),
    `  coco proposal vote ${id} yes|no   ${dim('each member')}`,
    `  coco proposal watch ${id}         ${dim('wait until it is decided')}`,
    '',
  ].join('\n');
}
