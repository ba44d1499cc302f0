/**
 * From what a member wants to say to an answer of the network: signed here and sent, or written to a file to be signed
 * elsewhere.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {
  type Client,
  formatPrepared,
  type GovernanceRequest,
  type GovernanceRequestType,
  isId,
  prepareRequest,
  readCertificateChain,
  requestPath,
  type Signer,
  signRequest,
} from '@coco/client';
import { isIssuedBy, parseCertificate } from '@coco/crypto';
import { CocoError } from '@coco/primitives';
import { needed, type OptionSpec, type OptionValues, text, UsageError } from '../command.js';
import { readText } from '../ledger/textFile.js';
import { bold, dim, green } from '../terminal.js';
import { openSigner, signingOptions } from './access.js';
import { type JsonView, viewOf } from './jsonView.js';
import { findNamed } from './naming.js';
import { readActors, readMemberCertificates } from './networkReader.js';

/** For commands that sign a request and send it. */
export const requestOptions = {
  ...signingOptions,
  prepare: {
    type: 'string',
    value: 'FILE',
    group: 'Signing',
    help: 'sign nothing: write what is to be signed to FILE, for coco request sign on another machine',
  },
  actor: {
    type: 'string',
    value: 'ID',
    group: 'Signing',
    help: 'the member in whose name you sign, when your certificate is one beneath it',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** What is to be said. */
export interface Saying {
  readonly type: GovernanceRequestType;
  readonly proposalId?: string;
  readonly payload: Uint8Array;
}

/** The network's answer; or that the request was written to a file. */
export type Said = { readonly answer: JsonView } | { readonly prepared: string };

/** Signs and sends, or prepares, as the options say. `client` may be absent when only preparing. */
export async function say(saying: Saying, options: OptionValues, client: Client | undefined): Promise<Said> {
  const file = text(options, 'prepare');
  const createdAt = Math.floor(Date.now() / 1000);
  if (file !== undefined) {
    const certificates = readCertificateChain(readText(needed(options, 'cert', 'COCO_CERT')));
    const actorId = await actorIdOf(certificates, options, client);
    writePrepared(file, { ...saying, actorId, createdAt }, certificates);
    return { prepared: file };
  }
  if (client === undefined) throw new UsageError('--url is needed (or COCO_URL in the environment)');
  const signer = await openSigner(options);
  const actorId = await actorIdOf(signer.certificates, options, client);
  return { answer: await send({ ...saying, actorId, createdAt }, signer, client) };
}

/** Signs `request` and posts it. */
export async function send(request: GovernanceRequest, signer: Signer, client: Client): Promise<JsonView> {
  return post(requestPath(request), await signRequest(request, signer), client);
}

/** Posts a signed request. */
export async function post(to: string, message: Uint8Array, client: Client): Promise<JsonView> {
  const { body } = await client.post(to, 'application/cose', message);
  return viewOf(body.length === 0 ? {} : JSON.parse(new TextDecoder().decode(body)));
}

/**
 * The registered actor that the certificates speak for: one of them itself, or the member whose CA is above them (ACT-2).
 * COCO_CLI_ACTOR when it cannot be told.
 */
export async function actorIdOf(
  certificates: Signer['certificates'],
  options: OptionValues,
  client: Client | undefined,
): Promise<string> {
  const given = text(options, 'actor');
  if (given !== undefined && isId(given)) return given;
  if (client === undefined) {
    if (given === undefined) return certificates[0].fingerprint;
    throw new UsageError('--actor takes the whole id of the member when no network can be asked (no --url)');
  }
  const actors = await readActors(client);
  if (given !== undefined) return findNamed(given, actors, 'member or participant').id;
  const own = certificates.find(({ fingerprint }) => actors.some(({ id }) => id === fingerprint));
  if (own !== undefined) return own.fingerprint;
  const last = certificates.at(-1);
  for (const [id, pem] of await readMemberCertificates(client)) {
    if (last !== undefined && isIssuedBy(last, parseCertificate(pem))) return id;
  }
  const sentence =
    'your certificate is not that of a member or participant, nor issued beneath a member’s CA';
  throw new CocoError('COCO_CLI_ACTOR', sentence, { certificate: certificates[0].fingerprint });
}

function writePrepared(file: string, request: GovernanceRequest, certificates: Signer['certificates']): void {
  const prepared = prepareRequest(request, certificates);
  writeFileSync(file, formatPrepared(prepared), { mode: 0o600 });
  writeFileSync(`${file}.tbs`, prepared.toBeSigned, { mode: 0o600 });
}

/** What to do with a prepared request. */
export function describePrepared(file: string): string {
  const name = path.relative(process.cwd(), path.resolve(file)) || file;
  return [
    `${green('●')} ${bold(name)} ${dim('— prepared; nothing was sent')}`,
    '',
    bold('Next, where the key is:'),
    `  coco request sign ${name} --key KEY.pem --out signed.cose`,
    dim(
      `  or with another tool over ${name}.tbs, and: coco request sign ${name} --signature SIGNATURE --out signed.cose`,
    ),
    bold('Then, where the network can be reached:'),
    '  coco request submit signed.cose',
  ].join('\n');
}
