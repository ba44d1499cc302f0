/**
 * `coco proposal watch`: tells of proposals and votes as they happen (GOV-6), until one is decided or Ctrl-C.
 */
import process from 'node:process';
import type { Client } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { type Command, UsageError } from '../command.js';
import { accessOptions, jsonOption, withClient } from '../governance/access.js';
import { namerOf } from '../governance/naming.js';
import { readActors, readProposal } from '../governance/networkReader.js';
import { type News, newsText } from '../governance/newsText.js';
import { findProposalId } from '../governance/proposalId.js';
import { showProposal } from '../governance/showProposal.js';
import { watchNetwork } from '../governance/watchNetwork.js';
import { dim, interactive } from '../terminal.js';

export const proposalWatch: Command = {
  name: 'proposal watch',
  summary: 'tell of proposals and votes as they happen',
  operands: '[ID]',
  options: { ...jsonOption, ...accessOptions },
  about: [
    'With the id of a proposal it waits until that one is decided: exit status 0 when it was accepted, else 1. Without, it ' +
      'tells of everything that members want to know, until Ctrl-C.',
  ],
  examples: [
    ['coco proposal watch', 'proposals, votes, nodes, actors, the constitution'],
    ['coco proposal watch 3f2a91 && echo accepted', 'wait for one'],
  ],
  async run(operands, options) {
    const [given, ...more] = operands;
    if (more.length > 0) throw new UsageError('one ID at a time');
    const json = options['json'] === true;
    return withClient(options, async (client) => {
      const id = given === undefined ? undefined : await findProposalId(client, given);
      if (id === undefined && !json && interactive)
        process.stdout.write(`${dim('watching; Ctrl-C ends it')}\n`);
      return watch(client, id, json);
    });
  },
};

async function watch(client: Client, id: string | undefined, json: boolean): Promise<number> {
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    let namer = namerOf(await readActors(client));
    const tell = async (news: News): Promise<void> => {
      if (id !== undefined && news.data.text('proposalId') !== id) return;
      if (json) process.stdout.write(`${JSON.stringify({ event: news.event, ...news.data.value })}\n`);
      else {
        if (news.event === 'actor') namer = namerOf(await readActors(client));
        process.stdout.write(`${await newsText(news, namer, client)}\n`);
      }
      if (id !== undefined && (await isClosed(client, id))) ending.abort();
    };
    const looking = id === undefined ? undefined : lookNowAndThen(client, id, stop);
    await watchNetwork(client, tell, ending.signal);
    clearInterval(looking);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  if (id === undefined) return 0;
  const proposal = await readProposal(client, id);
  const state = proposal.text('proposalState');
  if (state === 'Open') return 130;
  await showProposal(client, id, json);
  return state === 'Accepted' ? 0 : 1;
}

const lookMs = 1000;

/** What was decided before anybody listened is no news. */
function lookNowAndThen(client: Client, id: string, stop: () => void): NodeJS.Timeout {
  const look = (): void => {
    // A node that cannot be asked is asked again.
    isClosed(client, id).then(
      (closed) => closed && stop(),
      () => undefined,
    );
  };
  look();
  return setInterval(look, lookMs);
}

async function isClosed(client: Client, id: string): Promise<boolean> {
  try {
    return (await readProposal(client, id)).text('proposalState') !== 'Open';
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_CLIENT_CONNECTION') return false;
    throw error;
  }
}
