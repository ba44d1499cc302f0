/**
 * `coco recover open`: a network goes on from its ledger, once enough actors have answered (CONF-4).
 */
import process from 'node:process';
import type { Command } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { finishRecovery } from '../recovery/finishRecovery.js';
import { openRecovery } from '../recovery/recoveryFiles.js';
import { describeOpened, progressOf } from '../recovery/recoveryText.js';
import { onlyOperand } from './operands.js';

export const recoverOpen: Command = {
  name: 'recover open',
  summary: 'bring everything back, and make the node that the network goes on with',
  operands: 'DIR',
  options: { ...jsonOption },
  about: [
    'Brings back the secrets of all epochs, replays the whole ledger with them, and writes the entry with which a new service goes on, which ' +
      'endorses the former one. Its first node is then ready to start. What is interrupted can be begun again. ' +
      'Of a rehearsal nothing is left but what it prints.',
  ],
  examples: [['coco recover open recovery', 'says how many answers are missing, or what came back']],
  async run(operands, options) {
    const recovery = await openRecovery(onlyOperand(operands, 'DIR'));
    const json = options['json'] === true;
    const progress = progressOf(json);
    try {
      const opened = await finishRecovery(recovery, progress);
      progress.end();
      const { found, at } = opened;
      const { config, service } = recovery.paths;
      const result = { ...found, ...(at !== undefined && { at, config, serviceCertificate: service }) };
      process.stdout.write(`${json ? JSON.stringify(result) : describeOpened(recovery, opened)}\n`);
      return 0;
    } finally {
      progress.end();
    }
  },
};
