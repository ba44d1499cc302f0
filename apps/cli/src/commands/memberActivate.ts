/**
 * `coco member activate`: a member that was voted in acknowledges the state of the ledger; from then on it can vote.
 */
import process from 'node:process';
import { ackPayload, apiVersion, type Client, readCertificateChain } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { type Command, needed, type OptionValues, text } from '../command.js';
import { accessOptions, jsonOption, withClient } from '../governance/access.js';
import { viewOf } from '../governance/jsonView.js';
import { actorIdOf, describePrepared, requestOptions, type Said, say } from '../governance/signing.js';
import { readText } from '../ledger/textFile.js';
import { bold, dim, green } from '../terminal.js';

export const memberActivate: Command = {
  name: 'member activate',
  summary: 'acknowledge the state of the ledger; a new member can then vote',
  operands: '',
  options: { ...jsonOption, ...accessOptions, ...requestOptions },
  about: [
    'A member that the others voted in signs for what it finds: the digest of the whole ledger at this moment. Nothing ' +
      'else is asked of it. When the key is on another machine there are two requests to sign, one after the other: run ' +
      'this with --prepare, submit what was signed, and run it again.',
  ],
  examples: [
    ['coco member activate', 'with COCO_URL, COCO_SERVICE, COCO_CERT and COCO_KEY in the environment'],
  ],
  run: (_operands, options) => withClient(options, (client) => activate(client, options)),
};

async function activate(client: Client, options: OptionValues): Promise<number> {
  const preparing = text(options, 'prepare') !== undefined;
  const certificates = readCertificateChain(readText(needed(options, 'cert', 'COCO_CERT')));
  const memberId = await actorIdOf(certificates, options, client);
  let stateDigest = preparing ? await requestedDigest(client, memberId) : undefined;
  if (stateDigest === undefined) {
    const said = await say({ type: 'state_digest', payload: new Uint8Array(0) }, options, client);
    if ('prepared' in said) return show(said, memberId, options);
    stateDigest = said.answer.raw('stateDigest');
  }
  const said = await say({ type: 'ack', payload: ackPayload(stateDigest) }, options, client);
  return show(said, memberId, options);
}

/** The digest that the member has asked for before, if it has. */
async function requestedDigest(client: Client, memberId: string): Promise<string | undefined> {
  try {
    const answer = await client.getJson(`/gov/members/state-digests/${memberId}?${apiVersion}`);
    return viewOf(answer).raw('stateDigest') || undefined;
  } catch (error) {
    if (error instanceof CocoError && error.facts['status'] === 404) return undefined;
    throw error;
  }
}

function show(said: Said, memberId: string, options: OptionValues): number {
  if (options['json'] === true) {
    const result = 'prepared' in said ? { prepared: said.prepared } : { memberId, status: 'Active' };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else if ('prepared' in said) process.stdout.write(`${describePrepared(said.prepared)}\n`);
  else process.stdout.write(`${green('●')} ${bold('Active')} ${dim(`— ${memberId} can propose and vote`)}\n`);
  return 0;
}
