/**
 * `coco data purge`: has all parties' nodes let go of data; its digest stays in the ledger (CONF-6).
 */
import process from 'node:process';
import type { Command } from '../command.js';
import { dataOptions, dataPath, digestNamed, withParty } from '../data/sharedData.js';
import { shortId } from '../governance/naming.js';
import { Cancelled, confirm } from '../prompt.js';
import { bold, dim, green, interactive } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const dataPurge: Command = {
  name: 'data purge',
  summary: 'have all parties’ nodes let go of data; its digest stays in the ledger',
  operands: 'DIGEST',
  options: {
    yes: { type: 'boolean', short: 'y', help: 'do not ask first (on a terminal)' },
    ...dataOptions,
  },
  about: [
    'Any party can do it, for all of them: the ledger says who did. Other nodes follow as soon as they hear of it; one that is away does when it is back. What a party has copied elsewhere is beyond anybody’s reach.',
  ],
  examples: [['coco data purge 5f2c81', 'by its digest, or the first digits of it']],
  async run(operands, options) {
    const given = onlyOperand(operands, 'DIGEST');
    const json = options['json'] === true;
    return withParty(options, async (client) => {
      const digest = await digestNamed(client, given);
      if (interactive && !json && options['yes'] !== true) {
        if (!(await confirm(`Have all parties’ nodes let go of ${shortId(digest)}?`))) throw new Cancelled();
      }
      await client.delete(`${dataPath}/${digest}`);
      const shown = `${green('●')} ${bold(shortId(digest))} ${dim('is purged; its digest stays in the ledger')}`;
      process.stdout.write(`${json ? JSON.stringify({ digest, purged: true }) : shown}\n`);
      return 0;
    });
  },
};
