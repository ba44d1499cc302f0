/**
 * `coco node remove`: takes a node out of the network by vote, and says when it can be shut down (NET-3).
 */
import process from 'node:process';
import { type Client, plainBallot } from '@coco/client';
import { CocoError, utf8 } from '@coco/primitives';
import { type Command, type OptionValues, whole } from '../command.js';
import { accessOptions, jsonOption, withClient } from '../governance/access.js';
import { findNamed, shortId } from '../governance/naming.js';
import { type NetworkNode, readNodes, readProposal } from '../governance/networkReader.js';
import { openProposalFor } from '../governance/openProposal.js';
import { showProposal } from '../governance/showProposal.js';
import { describePrepared, requestOptions, say } from '../governance/signing.js';
import { bold, dim, green, liveLine, yellow } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const nodeRemove: Command = {
  name: 'node remove',
  summary: 'propose to remove a node; wait until it can be shut down',
  operands: 'NODE',
  options: {
    vote: { type: 'boolean', help: 'vote in favour of it at once' },
    wait: { type: 'string', value: 'SECONDS', default: '0', help: 'how long to wait for the others’ votes' },
    forget: {
      type: 'boolean',
      help: 'strike a node off the list that was removed before and has been shut down',
    },
    ...jsonOption,
    ...accessOptions,
    ...requestOptions,
  },
  about: [
    'A node that is removed still has to be there until its removal is committed: shut it down when this command, or ' +
      'coco network status, says so, and no sooner. Exit status 1 while that is not so. To forget a node afterwards, give ' +
      '--cert and --key of a member or participant.',
  ],
  examples: [
    ['coco node remove 91bc --vote --wait 600', 'propose, vote, and wait up to ten minutes for the others'],
    ['coco node remove 91bc --forget', 'afterwards'],
  ],
  async run(operands, options) {
    const given = onlyOperand(operands, 'NODE');
    const waitMs = 1000 * whole(options, 'wait', 0, 7 * 86_400);
    return withClient(options, async (client) => {
      const node = findNamed(given, await readNodes(client), 'node');
      if (options['forget'] === true) return forget(client, node, options);
      if (node.status !== 'Retired') {
        const proposed = await propose(client, node, options, waitMs);
        if (proposed !== 'accepted') return proposed;
      }
      return untilRemovable(client, node, options);
    });
  },
};

/** 'accepted', or the exit status. */
async function propose(
  client: Client,
  node: NetworkNode,
  options: OptionValues,
  waitMs: number,
): Promise<'accepted' | number> {
  const json = options['json'] === true;
  let proposal = await openProposalFor(client, 'remove_node', node.id);
  if (proposal === undefined) {
    const body = { actions: [{ name: 'remove_node', args: { node_id: node.id } }] };
    const said = await say({ type: 'proposal', payload: utf8(JSON.stringify(body)) }, options, client);
    if ('prepared' in said) {
      process.stdout.write(`${json ? JSON.stringify(said) : describePrepared(said.prepared)}\n`);
      return 0;
    }
    proposal = said.answer;
  }
  const proposalId = proposal.text('proposalId');
  if (options['vote'] === true && proposal.text('proposalState') === 'Open') {
    await say({ type: 'ballot', proposalId, payload: plainBallot(true) }, options, client);
  }
  return untilDecided(client, proposalId, { json, endMs: Date.now() + waitMs });
}

async function untilDecided(
  client: Client,
  proposalId: string,
  { json, endMs }: { readonly json: boolean; readonly endMs: number },
): Promise<'accepted' | number> {
  const line = liveLine();
  for (;;) {
    const state = (await readProposal(client, proposalId)).text('proposalState');
    if (state === 'Accepted') {
      line.end();
      return 'accepted';
    }
    if (state !== 'Open' || Date.now() >= endMs) {
      line.end();
      await showProposal(client, proposalId, json);
      return 1;
    }
    if (!json) line.show(`${yellow('…')} waiting for votes on ${bold(shortId(proposalId))}`);
    await pause();
  }
}

const committedMs = 60_000;

async function untilRemovable(client: Client, node: NetworkNode, options: OptionValues): Promise<number> {
  const end = Date.now() + committedMs;
  for (;;) {
    const now = (await readNodes(client)).find(({ id }) => id === node.id);
    // A node that had not joined yet leaves nothing behind.
    if (now === undefined || now.retiredCommitted) {
      const result = { nodeId: node.id, removed: true, canBeShutDown: true };
      if (options['json'] === true) process.stdout.write(`${JSON.stringify(result)}\n`);
      else process.stdout.write(`${green('●')} ${bold(shortId(node.id))} is removed, and can be shut down\n`);
      return 0;
    }
    if (Date.now() >= end) {
      const sentence = `the removal of ${shortId(node.id)} is not committed yet: do not shut it down; look again with coco network status`;
      throw new CocoError('COCO_CLI_TIMEOUT', sentence, { nodeId: node.id });
    }
    await pause();
  }
}

async function forget(client: Client, node: NetworkNode, options: OptionValues): Promise<number> {
  const path = `/node/network/nodes/${node.id}`;
  const { status, headers } = await client.delete(path);
  // Only the primary does it; the others say where that is.
  if (status === 307) {
    const url = headers['location'] ?? '';
    await withClient({ ...options, url }, (primary) => primary.delete(path));
  }
  const shown =
    options['json'] === true
      ? JSON.stringify({ nodeId: node.id, forgotten: true })
      : `${green('●')} ${bold(shortId(node.id))} ${dim('is off the list')}`;
  process.stdout.write(`${shown}\n`);
  return 0;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}
