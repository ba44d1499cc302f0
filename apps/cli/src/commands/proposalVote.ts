/**
 * `coco proposal vote` and `coco proposal withdraw`.
 */
import process from 'node:process';
import { type Client, isId, plainBallot, scriptBallot } from '@coco/client';
import { type Command, type OptionValues, text, UsageError } from '../command.js';
import { accessOptions, jsonOption, withClientUnlessPreparing } from '../governance/access.js';
import { findProposalId } from '../governance/proposalId.js';
import { showProposal } from '../governance/showProposal.js';
import { describePrepared, requestOptions, type Saying, say } from '../governance/signing.js';
import { readText } from '../ledger/textFile.js';

export const proposalVote: Command = {
  name: 'proposal vote',
  summary: 'vote on a proposal: yes, no, or by a script',
  operands: 'ID yes|no',
  options: {
    script: {
      type: 'string',
      value: 'FILE',
      help: 'instead of yes or no: a module that exports vote(rawProposal, proposerId)',
    },
    ...jsonOption,
    ...accessOptions,
    ...requestOptions,
  },
  about: ['Each member votes once; a vote cannot be changed. The proposal is decided as soon as it can be.'],
  examples: [
    ['coco proposal vote 3f2a91 yes', 'in favour'],
    ['coco proposal vote 3f2a91 --script conditions.js', 'the script is run again whenever somebody votes'],
  ],
  async run(operands, options) {
    const [given, answer, ...more] = operands;
    if (given === undefined || more.length > 0) throw new UsageError('ID and yes or no are needed');
    const payload = ballotOf(answer, text(options, 'script'));
    return sayOn(given, { type: 'ballot', payload }, options);
  },
};

export const proposalWithdraw: Command = {
  name: 'proposal withdraw',
  summary: 'withdraw a proposal of your own',
  operands: 'ID',
  options: { ...jsonOption, ...accessOptions, ...requestOptions },
  examples: [['coco proposal withdraw 3f2a91', 'nobody can vote on it any more']],
  async run(operands, options) {
    const [given, ...more] = operands;
    if (given === undefined || more.length > 0) throw new UsageError('the ID of one proposal is needed');
    return sayOn(given, { type: 'withdrawal', payload: new Uint8Array(0) }, options);
  },
};

function ballotOf(answer: string | undefined, script: string | undefined): Uint8Array {
  if ((answer === undefined) === (script === undefined)) {
    throw new UsageError('a vote is yes or no, or a script (--script FILE)');
  }
  if (script !== undefined) return scriptBallot(readText(script));
  if (answer !== 'yes' && answer !== 'no') throw new UsageError(`a vote is yes or no, not "${answer}"`);
  return plainBallot(answer === 'yes');
}

async function sayOn(given: string, saying: Saying, options: OptionValues): Promise<number> {
  return withClientUnlessPreparing(options, async (client) => {
    const proposalId = await idOf(given, client);
    const said = await say({ ...saying, proposalId }, options, client);
    const json = options['json'] === true;
    if ('prepared' in said) {
      process.stdout.write(`${json ? JSON.stringify(said) : describePrepared(said.prepared)}\n`);
      return 0;
    }
    return client === undefined ? 0 : showProposal(client, proposalId, json);
  });
}

function idOf(given: string, client: Client | undefined): Promise<string> {
  if (client !== undefined) return findProposalId(client, given);
  if (isId(given)) return Promise.resolve(given);
  throw new UsageError('without --url the whole id of the proposal is needed');
}
