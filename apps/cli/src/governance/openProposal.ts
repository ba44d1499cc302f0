/**
 * Whether something has been proposed already, so that it is not proposed twice.
 */
import type { Client } from '@coco/client';
import type { JsonView } from './jsonView.js';
import { readProposal, readProposals } from './networkReader.js';

/** The open proposal that does nothing but `action` on the node `nodeId`, if there is one. */
export async function openProposalFor(
  client: Client,
  action: 'add_node' | 'remove_node',
  nodeId: string,
): Promise<JsonView | undefined> {
  const open = (await readProposals(client)).filter((one) => one.text('proposalState') === 'Open');
  const details = await Promise.all(open.map((one) => readProposal(client, one.text('proposalId'))));
  return details.find((one) => {
    const [only, ...others] = one.list('actions');
    const isIt = only?.text('name') === action && only.object('args').text('node_id') === nodeId;
    return isIt && others.length === 0;
  });
}
