/**
 * What happened, on one line, for members who watch.
 */
import type { Client } from '@coco/client';
import { bold, dim, green, red, yellow } from '../terminal.js';
import type { JsonView } from './jsonView.js';
import { type Namer, shortId } from './naming.js';
import { readProposal } from './networkReader.js';
import { stateText } from './proposalText.js';

/** One thing that happened: the names and fields of `GET /node/events`. */
export interface News {
  readonly event: string;
  readonly data: JsonView;
}

/** `news` with the time of day; what a proposal asks for is looked up. */
export async function newsText(news: News, namer: Namer, client: Client, now = new Date()): Promise<string> {
  const time = dim(now.toTimeString().slice(0, 8));
  return `${time}  ${await sentence(news, namer, client)}`;
}

async function sentence({ event, data }: News, namer: Namer, client: Client): Promise<string> {
  const proposal = bold(shortId(data.text('proposalId')));
  if (event === 'proposal_opened') {
    const opened = await lookUp(client, data.raw('proposalId'));
    const by = opened === undefined ? '' : ` by ${namer.name(opened.text('proposerId'))}`;
    const what = opened === undefined ? '' : `: ${opened.texts('actionNames').join(', ')}`;
    return `${yellow('●')} proposal ${proposal}${by}${what}`;
  }
  if (event === 'ballot') {
    const memberId = data.text('memberId');
    return `${dim('·')} ${memberId === '' ? 'a member' : namer.name(memberId)} voted on ${proposal}`;
  }
  if (event === 'proposal_decided') {
    const state = data.text('proposalState');
    return `${state === 'Accepted' ? green('✓') : red('✗')} proposal ${proposal} is ${stateText(state)}`;
  }
  if (event === 'node') return `${dim('·')} node ${shortId(data.text('nodeId'))} is ${data.text('status')}`;
  if (event === 'actor') {
    return `${dim('·')} ${data.text('kind')} ${data.text('name') || shortId(data.text('id'))} is ${data.text('status')}`;
  }
  if (event === 'constitution') {
    return `${yellow('●')} the constitution is now ${shortId(data.text('constitutionDigest'))}`;
  }
  return `${dim('·')} ${event}`;
}

async function lookUp(client: Client, id: string): Promise<JsonView | undefined> {
  try {
    return await readProposal(client, id);
  } catch {
    // It may be forgotten by now: the line does without.
    return undefined;
  }
}
