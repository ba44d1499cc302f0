/**
 * `coco data put`: gives a file to the nodes of its parties alone; the ledger gets its digest (CONF-6).
 */
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { CocoError, formatTxId, toBase64, utf8 } from '@coco/primitives';
import { type Command, list, type OptionValues, text, UsageError, whole } from '../command.js';
import { dataOptions, dataPath, withParty } from '../data/sharedData.js';
import { parseDuration } from '../governance/duration.js';
import { viewOf } from '../governance/jsonView.js';
import { findNamed } from '../governance/naming.js';
import { readActors } from '../governance/networkReader.js';
import { bold, dim, fields, green } from '../terminal.js';
import { onlyOperand } from './operands.js';

const dataBytesMax = 4 * 2 ** 20;

export const dataPut: Command = {
  name: 'data put',
  summary: 'give a file to named actors’ nodes alone; the ledger gets its digest',
  operands: 'FILE',
  options: {
    to: { type: 'string', value: 'ACTOR', multiple: true, help: 'name or id of a party; again for each' },
    'expires-in': { type: 'string', value: 'TIME', help: 'let go of it after 90s, 30m, 12h or 7d' },
    'expires-at-seqno': { type: 'string', value: 'SEQNO', help: 'let go of it when this entry is committed' },
    ...dataOptions,
  },
  about: [
    'You are a party as well: ask a node of your own, or of another party. It is done when each party has a node that keeps the file, sealed on its disk. No other node ever gets it.',
    'The digest that it prints is salted: without the file nobody can tell from it what is in the file. A file has at most 4 MiB.',
  ],
  examples: [
    ['coco data put invoice.pdf --to globex', 'for the actor named globex, and you'],
    ['coco data put order.json --to globex --to 91bc --expires-in 30d', 'for two others, for thirty days'],
  ],
  async run(operands, options) {
    const file = onlyOperand(operands, 'FILE');
    const named = list(options, 'to');
    if (named.length === 0) throw new UsageError('--to is needed: the actors that it is for');
    const end = endOf(options);
    const body = readData(file);
    return withParty(options, async (client) => {
      const actors = await readActors(client);
      const to = named.map((one) => findNamed(one, actors, 'actor').id);
      const request = utf8(JSON.stringify({ to, body: toBase64(body), ...end }));
      const reply = await client.post(dataPath, 'application/json', request);
      const digest = viewOf(JSON.parse(new TextDecoder().decode(reply.body))).text('digest');
      const txId = reply.txId === undefined ? undefined : formatTxId(reply.txId);
      process.stdout.write(
        `${options['json'] === true ? JSON.stringify({ digest, txId }) : shown(file, digest, txId)}\n`,
      );
      return 0;
    });
  },
};

function endOf(options: OptionValues): { readonly expires_at?: number; readonly expires_at_seqno?: number } {
  const [after, seqno] = [text(options, 'expires-in'), text(options, 'expires-at-seqno')];
  return {
    ...(after !== undefined && { expires_at: Date.now() + 1000 * parseDuration(after, '--expires-in') }),
    ...(seqno !== undefined && { expires_at_seqno: whole(options, 'expires-at-seqno', 1, 2 ** 48) }),
  };
}

function readData(file: string): Uint8Array {
  try {
    if (statSync(file).size > dataBytesMax) throw new Error(`it has more than ${dataBytesMax} bytes`);
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new CocoError('COCO_CLI_FILE', `cannot read ${file}: ${reason}`, { path: file });
  }
}

function shown(file: string, digest: string, txId: string | undefined): string {
  const rows: [string, string][] = [['digest', digest]];
  if (txId !== undefined) rows.push(['transaction', txId]);
  return `${green('●')} ${bold(file)} ${dim('— all parties have it')}\n\n${fields(rows)}`;
}
