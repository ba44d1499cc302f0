/**
 * `coco member keygen`, `coco participant keygen`: an identity for an organisation. The key stays with whoever runs this,
 * or in the token that it is in already.
 */
import path from 'node:path';
import process from 'node:process';
import { type SigningCommand, signByCommand } from '@coco/client';
import { type Certificate, publicKeyFromPem } from '@coco/crypto';
import { type Command, type OptionValues, text, UsageError, whole } from '../command.js';
import {
  certifyActor,
  createActorIdentity,
  writeActorCertificate,
  writeActorIdentity,
} from '../genesis/identities.js';
import { jsonOption, signerOptions, signingCommandOf } from '../governance/access.js';
import { newPassphrase } from '../governance/passphrase.js';
import { readText } from '../ledger/textFile.js';
import { bold, dim, fields, green } from '../terminal.js';
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
      directory: { type: 'string', short: 'd', value: 'DIR', default: '.', help: 'where the files go' },
      curve: { type: 'string', value: 'CURVE', default: 'P-256', help: 'P-256, P-384 or P-521' },
      days: { type: 'string', value: 'N', default: '365', help: 'how long the certificate is valid' },
      encrypt: {
        type: 'boolean',
        help: 'encrypt the key with a passphrase, which is asked for, or COCO_PASSPHRASE',
      },
      ...jsonOption,
      'public-key': {
        type: 'string',
        value: 'FILE',
        group: 'When the key is in an HSM or a key service',
        help: 'make a certificate for this public key, in PEM; --signer-command signs it',
      },
      ...signerOptions,
    },
    about: [
      'Writes NAME.cert.pem, which the others get, and NAME.key.pem, which nobody gets. The certificate may issue ' +
        'others: people and systems of the organisation can sign with certificates that it issued.',
    ],
    examples: [
      [`coco ${kind} keygen acme`, 'acme.cert.pem and acme.key.pem in this directory'],
      [`coco ${kind} keygen acme --encrypt --curve P-384`, 'an encrypted key on the curve P-384'],
      [
        `coco ${kind} keygen acme --public-key acme.pub.pem --signer-command 'sign-with-hsm'`,
        'a certificate for a key that stays in its token; see docs/governance.md',
      ],
    ],
    async run(operands, options) {
      const name = onlyOperand(operands, 'NAME');
      if (!namePattern.test(name)) {
        throw new UsageError('NAME has 1 to 64 letters, digits, spaces, dots, dashes and underscores');
      }
      const made = await make(name, options);
      if (options['json'] === true) process.stdout.write(`${JSON.stringify(resultJson(kind, name, made))}\n`);
      else process.stdout.write(`${describe(kind, name, made)}\n`);
      return 0;
    },
  };
}

interface Made {
  readonly certificate: Certificate;
  readonly certificateFile: string;
  /** Absent when the key is elsewhere. */
  readonly keyFile?: string;
  readonly encrypted: boolean;
}

async function make(name: string, options: OptionValues): Promise<Made> {
  const directory = path.resolve(text(options, 'directory') ?? '.');
  const days = whole(options, 'days', 1, 36_500);
  const publicKeyFile = text(options, 'public-key');
  if (publicKeyFile !== undefined) {
    const command: SigningCommand | undefined = signingCommandOf(options);
    if (command === undefined) throw new UsageError('--public-key needs --signer-command');
    const publicKey = publicKeyFromPem(readText(publicKeyFile));
    const sign = (toBeSigned: Uint8Array): Promise<Uint8Array> =>
      signByCommand(command, publicKey, toBeSigned);
    const certificate = await certifyActor(name, publicKey, { nowMs: Date.now(), days, sign });
    const certificateFile = writeActorCertificate(directory, name, certificate);
    return { certificate, certificateFile, encrypted: false };
  }
  const curve = (['P-256', 'P-384', 'P-521'] as const).find((one) => one === options['curve']);
  if (curve === undefined) throw new UsageError('--curve is P-256, P-384 or P-521');
  const passphrase = options['encrypt'] === true ? await newPassphrase() : undefined;
  const identity = createActorIdentity(name, Date.now(), { curve, days });
  const files = writeActorIdentity(directory, identity, passphrase);
  return {
    certificate: identity.certificate,
    certificateFile: files.certificate,
    keyFile: files.key,
    encrypted: passphrase !== undefined,
  };
}

function resultJson(kind: string, name: string, { certificate, certificateFile, keyFile }: Made): unknown {
  return {
    kind,
    name,
    id: certificate.fingerprint,
    certificate: certificateFile,
    ...(keyFile !== undefined && { key: keyFile }),
    validUntil: dayOf(certificate.notAfterMs),
  };
}

function describe(kind: string, name: string, made: Made): string {
  const { certificate, certificateFile, keyFile, encrypted } = made;
  const key =
    keyFile === undefined
      ? 'stays where it is'
      : `${shown(keyFile)} ${dim(encrypted ? 'encrypted' : 'keep it secret')}`;
  return [
    `${green('●')} ${bold(name)} ${dim(`— ${kind} identity`)}`,
    '',
    fields([
      ['  id', certificate.fingerprint],
      ['  certificate', `${shown(certificateFile)} ${dim('for everybody')}`],
      ['  private key', key],
      ['  valid until', dayOf(certificate.notAfterMs)],
    ]),
    '',
    `${bold('Next:')} name it when the network is made (coco network create --${kind} ${argument(name, certificateFile)}),`,
    'or let a member propose it:',
    `  coco proposal create add-${kind} ${shown(certificateFile)} --name ${quoted(name)}`,
  ].join('\n');
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') ? file : relative;
}

function argument(name: string, file: string): string {
  return quoted(`${name}=${shown(file)}`);
}

function quoted(text: string): string {
  return /\s/.test(text) ? `'${text}'` : text;
}
