/**
 * `coco member keygen`, `coco participant keygen`: an identity for an organisation. The key stays with whoever runs this.
 */
import path from 'node:path';
import process from 'node:process';
import { type Command, text, UsageError, whole } from '../command.js';
import { createActorIdentity, writeActorIdentity } from '../genesis/identities.js';
import { jsonOption } from '../governance/access.js';
import { askHidden } from '../prompt.js';
import { bold, dim, fields, green, interactive } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const memberKeygen = keygen('member');
export const participantKeygen = keygen('participant');

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$/;

function keygen(kind: 'member' | 'participant'): Command {
  return {
    name: `${kind} keygen`,
    summary: `make a key and a certificate for a ${kind}`,
    operands: 'NAME',
    options: {
      directory: { type: 'string', short: 'd', value: 'DIR', default: '.', help: 'where the two files go' },
      curve: { type: 'string', value: 'CURVE', default: 'P-256', help: 'P-256, P-384 or P-521' },
      days: { type: 'string', value: 'N', default: '365', help: 'how long the certificate is valid' },
      encrypt: {
        type: 'boolean',
        help: 'encrypt the key with a passphrase, which is asked for, or COCO_PASSPHRASE',
      },
      ...jsonOption,
    },
    about: [
      'Writes NAME.cert.pem, which the others get, and NAME.key.pem, which nobody gets. The certificate may issue ' +
        'others: people and systems of the organisation can sign with certificates that it issued.',
    ],
    examples: [
      [`coco ${kind} keygen acme`, 'acme.cert.pem and acme.key.pem in this directory'],
      [`coco ${kind} keygen acme --encrypt --curve P-384`, 'an encrypted key on the curve P-384'],
    ],
    async run(operands, options) {
      const name = onlyOperand(operands, 'NAME');
      if (!namePattern.test(name)) {
        throw new UsageError('NAME has 1 to 64 letters, digits, spaces, dots, dashes and underscores');
      }
      const curve = (['P-256', 'P-384', 'P-521'] as const).find((one) => one === options['curve']);
      if (curve === undefined) throw new UsageError('--curve is P-256, P-384 or P-521');
      const days = whole(options, 'days', 1, 36_500);
      const passphrase = options['encrypt'] === true ? await newPassphrase() : undefined;
      const identity = createActorIdentity(name, Date.now(), { curve, days });
      const directory = path.resolve(text(options, 'directory') ?? '.');
      const files = writeActorIdentity(directory, identity, passphrase);
      const { fingerprint: id, notAfterMs } = identity.certificate;
      const validUntil = new Date(notAfterMs).toISOString().slice(0, 10);
      if (options['json'] === true) {
        const result = { kind, name, id, certificate: files.certificate, key: files.key, validUntil };
        process.stdout.write(`${JSON.stringify(result)}\n`);
        return 0;
      }
      process.stdout.write(
        `${green('●')} ${bold(name)} ${dim(`— ${kind} identity`)}\n\n${fields([
          ['  id', id],
          ['  certificate', `${shown(files.certificate)} ${dim('for everybody')}`],
          [
            '  private key',
            `${shown(files.key)} ${dim(passphrase === undefined ? 'keep it secret' : 'encrypted')}`,
          ],
          ['  valid until', validUntil],
        ])}\n\n${bold('Next:')} a member proposes to add it, once the network runs:\n` +
          `  coco proposal create add-${kind} ${shown(files.certificate)} --name ${quoted(name)}\n`,
      );
      return 0;
    },
  };
}

function shown(file: string): string {
  return path.relative(process.cwd(), file) || file;
}

function quoted(name: string): string {
  return /\s/.test(name) ? `'${name}'` : name;
}

async function newPassphrase(): Promise<string> {
  const given = process.env['COCO_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  if (!interactive) throw new UsageError('--encrypt needs a terminal to ask, or COCO_PASSPHRASE');
  for (;;) {
    const first = await askHidden('Passphrase for the new key');
    if (first.length >= 8 && first === (await askHidden('The same again'))) return first;
    process.stdout.write('  at least 8 characters, and twice the same; please try again\n');
  }
}
