/**
 * `coco proposal list`: the proposals that are open, and those that were decided lately.
 */
import process from 'node:process';
import { type Command, whole } from '../command.js';
import { accessOptions, jsonOption, withClient } from '../governance/access.js';
import { namerOf } from '../governance/naming.js';
import { readActors, readProposal, readProposals } from '../governance/networkReader.js';
import { proposalTable } from '../governance/proposalText.js';
import { dim } from '../terminal.js';

export const proposalList: Command = {
  name: 'proposal list',
  summary: 'show the open proposals, and those decided lately',
  operands: '',
  options: {
    open: { type: 'boolean', help: 'the open ones only' },
    last: { type: 'string', value: 'N', default: '10', help: 'how many closed ones' },
    ...jsonOption,
    ...accessOptions,
  },
  examples: [
    ['coco proposal list', 'newest first'],
    ['coco proposal list --open --json', 'for programs'],
  ],
  async run(_operands, options) {
    const last = options['open'] === true ? 0 : whole(options, 'last', 0, 1000);
    return withClient(options, async (client) => {
      const all = await readProposals(client);
      const isOpen = (one: (typeof all)[number]): boolean => one.text('proposalState') === 'Open';
      const wanted = last === 0 ? all.filter(isOpen) : all;
      const details = await Promise.all(wanted.map((one) => readProposal(client, one.text('proposalId'))));
      const newest = details.toSorted((a, b) => (b.number('createdAt') ?? 0) - (a.number('createdAt') ?? 0));
      const open = newest.filter(isOpen);
      const shown = [...open, ...newest.filter((one) => !isOpen(one)).slice(0, last)];
      if (options['json'] === true) {
        process.stdout.write(`${JSON.stringify(shown.map(({ value }) => value))}\n`);
        return 0;
      }
      if (shown.length === 0) {
        process.stdout.write(`${dim(last === 0 ? 'no proposal is open' : 'there are no proposals yet')}\n`);
        return 0;
      }
      process.stdout.write(`${proposalTable(shown, namerOf(await readActors(client)))}\n`);
      return 0;
    });
  },
};
