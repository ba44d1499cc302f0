/**
 * `coco data get`: data that somebody gave to this actor among others, checked against its digest in the ledger (CONF-6).
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { sha256 } from '@coco/crypto';
import { CocoError, fromHex, toHex } from '@coco/primitives';
import { type Command, text, UsageError } from '../command.js';
import { dataOptions, dataPath, digestNamed, withParty } from '../data/sharedData.js';
import { bold, green } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const dataGet: Command = {
  name: 'data get',
  summary: 'get data that is for you, and check it against its digest',
  operands: 'DIGEST',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'write it there; default standard output' },
    ...dataOptions,
  },
  about: [
    'Ask a node of your own, or of another party. A node that has lost the data fetches it from another party’s node first. DIGEST is what coco data put printed, or its first digits.',
  ],
  examples: [
    [
      'coco data get 5f2c81 -o invoice.pdf',
      'with COCO_URL, COCO_SERVICE, COCO_CERT and COCO_KEY in the environment',
    ],
  ],
  async run(operands, options) {
    const given = onlyOperand(operands, 'DIGEST');
    const file = text(options, 'output');
    const json = options['json'] === true;
    if (json && file === undefined) throw new UsageError('--json needs -o FILE: the data itself is not JSON');
    return withParty(options, async (client) => {
      const digest = await digestNamed(client, given);
      const { body, headers } = await client.get(`${dataPath}/${digest}`);
      const salt = fromHex(headers['x-coco-data-salt'] ?? '');
      if (salt?.length !== 32 || toHex(sha256(salt, body)) !== digest) throw foreign(digest);
      if (file === undefined) process.stdout.write(body);
      else write(file, body);
      if (json) process.stdout.write(`${JSON.stringify({ digest, size: body.length, file })}\n`);
      else if (file !== undefined)
        process.stdout.write(`${green('●')} it is in ${bold(file)}, as its digest says\n`);
      return 0;
    });
  },
};

function foreign(digest: string): CocoError {
  const sentence = 'the node gave something else than what has this digest: ask another party’s node';
  return new CocoError('COCO_CLI_DATA', sentence, { digest });
}

function write(file: string, body: Uint8Array): void {
  try {
    writeFileSync(file, body, { mode: 0o600 });
  } catch (error) {
    const sentence = `cannot write ${file}: ${(error as Error).message}`;
    throw new CocoError('COCO_CLI_FILE', sentence, { path: file });
  }
}
