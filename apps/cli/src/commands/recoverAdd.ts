/**
 * `coco recover add`, `coco recover status`: answers of holders of shares, and how many are still missing (CONF-4).
 */
import process from 'node:process';
import { type Command, UsageError } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { addAnswers, type RefusedAnswer, standingOf } from '../recovery/addAnswers.js';
import { openRecovery, type Recovery } from '../recovery/recoveryFiles.js';
import { actorText, progressOf, type Standing, standingText } from '../recovery/recoveryText.js';
import { bold, red } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const recoverAdd: Command = {
  name: 'recover add',
  summary: 'take answers of holders of shares, and verify them',
  operands: 'DIR FILE…',
  options: { ...jsonOption },
  about: [
    'Each answer must be signed by an actor of the ledger, and every partial decryption in it must prove that it was made with that ' +
      'actor’s share. What does not is named and left aside, and the others count; the exit status is 1 then. Any time, in any order.',
  ],
  examples: [['coco recover add recovery acme.json bolt.json', 'says how many are still missing']],
  async run(operands, options) {
    const [directory = '', ...files] = operands;
    if (files.length === 0) throw new UsageError('DIR and at least one FILE are needed');
    const recovery = await openRecovery(directory);
    const json = options['json'] === true;
    const progress = progressOf(json);
    const { taken, refused } = addAnswers(recovery, files, (file) => progress.step(`verifying ${file}`));
    progress.end();
    const standing = standingOf(recovery);
    if (json) {
      const about = ({ actor, ...one }: RefusedAnswer) => ({ ...one, ...(actor && { actor: actor.id }) });
      const result = {
        taken: taken.map(({ file, actor }) => ({ file, actor: actor.id })),
        refused: refused.map(about),
        ...standingJson(standing),
      };
      process.stdout.write(`${JSON.stringify(result)}\n`);
    } else {
      for (const one of refused) process.stdout.write(`${refusedText(one)}\n`);
      process.stdout.write(`${standingText(standing)}\n${nextText(recovery, standing)}`);
    }
    return refused.length > 0 ? 1 : 0;
  },
};

export const recoverStatus: Command = {
  name: 'recover status',
  summary: 'show how far a recovery is',
  operands: 'DIR',
  options: { ...jsonOption },
  examples: [['coco recover status recovery', 'who has answered, and how many are missing']],
  async run(operands, options) {
    const recovery = await openRecovery(onlyOperand(operands, 'DIR'));
    const standing = standingOf(recovery);
    const text = options['json'] === true ? JSON.stringify(standingJson(standing)) : standingText(standing);
    process.stdout.write(`${text}\n`);
    return 0;
  },
};

function standingJson({ have, threshold, holders, isOpened }: Standing) {
  const missing = Math.max(0, threshold - have.length);
  return { have: have.map(({ id }) => id), needed: threshold, missing, holders, opened: isOpened };
}

function refusedText({ file, actor, reason, code }: RefusedAnswer): string {
  const who = actor === undefined ? '' : ` of ${actorText(actor)}`;
  return `${red('✗')} ${bold(file)}${who} is left aside: ${reason} [${code}]`;
}

function nextText({ directory }: Recovery, { have, threshold, isOpened }: Standing): string {
  return have.length < threshold || isOpened ? '' : `${bold('Next:')} coco recover open ${directory}\n`;
}
