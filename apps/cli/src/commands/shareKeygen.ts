/**
 * `coco share keygen`: a key of an actor, kept off the nodes, to which its share of the network's key is sealed (CONF-3).
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { generateShareKey, shareKeyToPem } from '@coco/crypto';
import { CocoError, toHex } from '@coco/primitives';
import { type Command, text, UsageError } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { newPassphrase } from '../governance/passphrase.js';
import { bold, dim, fields, green } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const shareKeygen: Command = {
  name: 'share keygen',
  summary: 'make a key that an actor’s share of the network’s key is sealed to',
  operands: 'NAME',
  options: {
    directory: { type: 'string', short: 'd', value: 'DIR', default: '.', help: 'where the files go' },
    encrypt: {
      type: 'boolean',
      help: 'encrypt the key with a passphrase, which is asked for, or COCO_PASSPHRASE',
    },
    ...jsonOption,
  },
  about: [
    'Best on a machine without network, which keeps NAME.share-key.pem. The network gets NAME.share-key.pub, by vote; from then on ' +
      'the actor can answer a recovery even when all its nodes are lost.',
  ],
  examples: [
    ['coco share keygen acme', 'acme.share-key.pem and acme.share-key.pub in this directory'],
    ['coco share keygen acme --encrypt -d /media/safe', 'the key encrypted, on a medium that is locked away'],
  ],
  async run(operands, options) {
    const name = onlyOperand(operands, 'NAME');
    if (!/^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$/.test(name)) {
      throw new UsageError('NAME has 1 to 64 letters, digits, spaces, dots, dashes and underscores');
    }
    const directory = path.resolve(text(options, 'directory') ?? '.');
    const files = { key: `${name}.share-key.pem`, public: `${name}.share-key.pub` };
    const paths = { key: path.join(directory, files.key), public: path.join(directory, files.public) };
    const taken = Object.values(paths).find((file) => existsSync(file));
    if (taken !== undefined) {
      const sentence = `${taken} is there already, and is never written over: choose another name or directory`;
      throw new CocoError('COCO_CLI_EXISTS', sentence, { path: taken });
    }
    const passphrase = options['encrypt'] === true ? await newPassphrase() : undefined;
    const key = generateShareKey();
    const publicKey = toHex(key.publicKey);
    if (!existsSync(directory)) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      chmodSync(directory, 0o700);
    }
    writeFileSync(paths.key, shareKeyToPem(key, passphrase), { mode: 0o600 });
    writeFileSync(paths.public, `${publicKey}\n`);
    const shown = { publicKey, ...paths, encrypted: passphrase !== undefined };
    process.stdout.write(`${options['json'] === true ? JSON.stringify(shown) : describe(name, shown)}\n`);
    return 0;
  },
};

function describe(
  name: string,
  made: {
    readonly publicKey: string;
    readonly key: string;
    readonly public: string;
    readonly encrypted: boolean;
  },
): string {
  return [
    `${green('●')} ${bold(name)} ${dim('— a key for a share of the network’s key')}`,
    '',
    fields([
      ['  public key', made.publicKey],
      ['  for the network', made.public],
      ['  private key', `${made.key} ${dim(made.encrypted ? 'encrypted; lock it away' : 'lock it away')}`],
    ]),
    '',
    `${bold('Next:')} have it registered by vote; shares are then made anew, one of them for this key:`,
    `  coco proposal create set-share-key ACTOR ${made.publicKey}`,
  ].join('\n');
}
