/**
 * How commands reach a network, and in whose name: the options that they share, and what is made of them.
 */
import {
  type Client,
  commandSigner,
  createClient,
  keySigner,
  type Signer,
  type SigningCommand,
} from '@coco/client';
import { privateKeyFromPem, privateKeyToPem } from '@coco/crypto';
import { CocoError } from '@coco/primitives';
import { needed, type OptionSpec, type OptionValues, text, UsageError } from '../command.js';
import { readText } from '../ledger/textFile.js';
import { isEncrypted, passphraseFor } from './passphrase.js';

/** For every command that talks to a node. */
export const accessOptions = {
  url: {
    type: 'string',
    value: 'URL',
    env: 'COCO_URL',
    group: 'Network',
    help: 'administrative endpoint of any node, https://HOST:PORT',
  },
  service: {
    type: 'string',
    value: 'FILE',
    env: 'COCO_SERVICE',
    group: 'Network',
    help: 'certificate of the service that you trust, in PEM',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** For commands that have a key sign: see `openSignerFor`. */
export const signerOptions = {
  'signer-command': {
    type: 'string',
    value: 'CMD',
    env: 'COCO_SIGNER_COMMAND',
    group: 'Signing',
    help: 'have this command sign, instead of a key file: bytes on its standard input, the signature on its output',
  },
  'signer-input': {
    type: 'string',
    value: 'WHAT',
    env: 'COCO_SIGNER_INPUT',
    default: 'message',
    group: 'Signing',
    help: 'what the command gets: message, or digest for the hash of it',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** For commands that sign in somebody's name: see `openSigner`. */
export const signingOptions = {
  cert: {
    type: 'string',
    value: 'FILE',
    env: 'COCO_CERT',
    group: 'Signing',
    help: 'your certificate in PEM; with those above it when you are beneath your organisation’s CA',
  },
  key: {
    type: 'string',
    value: 'FILE',
    env: 'COCO_KEY',
    group: 'Signing',
    help: 'your private key in PEM; if it is encrypted, COCO_PASSPHRASE opens it, or you are asked',
  },
  ...signerOptions,
} as const satisfies Readonly<Record<string, OptionSpec>>;

export const jsonOption = { json: { type: 'boolean', help: 'print JSON, for programs' } } as const;

/** The service certificate that the options name. */
export function serviceCertificatePem(options: OptionValues): string {
  return readText(needed(options, 'service', 'COCO_SERVICE'));
}

/** Runs `work` with a client of the node that the options name, and closes it. */
export async function withClient<Result>(
  options: OptionValues,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const url = needed(options, 'url', 'COCO_URL');
  const clientCertificate = connectionIdentity(options);
  const client = createClient({
    url,
    serviceCertificatePem: serviceCertificatePem(options),
    ...(clientCertificate !== undefined && { clientCertificate }),
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** For commands that are for actors alone, by the certificate of the connection: see `withActorClient`. */
export const actorOptions = { cert: signingOptions.cert, key: signingOptions.key } as const;

/** As `withClient`, always with the certificate and key that the options name. A UsageError when they name none. */
export async function withActorClient<Result>(
  options: OptionValues,
  work: (client: Client) => Promise<Result>,
  timeoutMs?: number,
): Promise<Result> {
  const url = needed(options, 'url', 'COCO_URL');
  const certificatePem = readText(needed(options, 'cert', 'COCO_CERT'));
  const privateKeyPem = await decryptedKey(needed(options, 'key', 'COCO_KEY'));
  const client = createClient({
    url,
    serviceCertificatePem: serviceCertificatePem(options),
    clientCertificate: { certificatePem, privateKeyPem },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** The same, but without a client when no node is named and a request is only to be prepared or written to a file. */
export function withClientUnlessPreparing<Result>(
  options: OptionValues,
  work: (client: Client | undefined) => Promise<Result>,
): Promise<Result> {
  const offline = text(options, 'prepare') !== undefined || text(options, 'write') !== undefined;
  return offline && text(options, 'url') === undefined ? work(undefined) : withClient(options, work);
}

/** The command that signs, if the options name one. A UsageError when they are not right. */
export function signingCommandOf(options: OptionValues): SigningCommand | undefined {
  const command = text(options, 'signer-command');
  if (command === undefined || command === '') return undefined;
  const input = (['message', 'digest'] as const).find((one) => one === options['signer-input']);
  if (input === undefined) throw new UsageError('--signer-input is message or digest');
  return { command, input };
}

/** Who signs, as the options say. A UsageError when they do not. */
export function openSigner(options: OptionValues): Promise<Signer> {
  return openSignerOf(readText(needed(options, 'cert', 'COCO_CERT')), options);
}

/** Who signs with the key of `certificates`. A UsageError when the options do not say. */
export function openSignerFor(certificates: Signer['certificates'], options: OptionValues): Promise<Signer> {
  return openSignerOf(certificates.map(({ pem }) => pem).join(''), options);
}

async function openSignerOf(certificatePem: string, options: OptionValues): Promise<Signer> {
  const command = signingCommandOf(options);
  if (command !== undefined) return commandSigner({ ...command, certificatePem });
  const keyFile = text(options, 'key');
  if (keyFile === undefined) {
    throw new UsageError('--key (or COCO_KEY) or --signer-command is needed to sign');
  }
  return keySigner({ certificatePem, privateKeyPem: await decryptedKey(keyFile) });
}

/**
 * The certificate and key that connections are made with, if the options name any. Nodes let everybody ask, so that nobody
 * is asked for a passphrase only to read; members are told a little more.
 */
function connectionIdentity(
  options: OptionValues,
): { readonly certificatePem: string; readonly privateKeyPem: string } | undefined {
  const [cert, key] = [text(options, 'cert'), text(options, 'key')];
  if (cert === undefined || key === undefined) return undefined;
  const privateKeyPem = readText(key);
  return isEncrypted(privateKeyPem) ? undefined : { certificatePem: readText(cert), privateKeyPem };
}

const opened = new Map<string, string>();

/** The private key in `file` as PEM without encryption. Asks for its passphrase once. */
async function decryptedKey(file: string): Promise<string> {
  const pem = readText(file);
  if (!isEncrypted(pem)) return pem;
  const known = opened.get(file);
  if (known !== undefined) return known;
  const passphrase = await passphraseFor(file);
  try {
    const plain = privateKeyToPem(privateKeyFromPem(pem, passphrase));
    opened.set(file, plain);
    return plain;
  } catch {
    throw new CocoError('COCO_CLI_PASSPHRASE', `the passphrase does not open ${file}`, { path: file });
  }
}
