/**
 * Which proposal is meant.
 */
import { type Client, isId } from '@coco/client';
import { findNamed } from './naming.js';
import { readProposals } from './networkReader.js';

/** The id of the proposal that `given` means: its id, or the beginning of it. COCO_CLI_NAME. */
export async function findProposalId(client: Client, given: string): Promise<string> {
  if (isId(given)) return given;
  const proposals = (await readProposals(client)).map((proposal) => ({ id: proposal.text('proposalId') }));
  return findNamed(given, proposals, 'proposal').id;
}
