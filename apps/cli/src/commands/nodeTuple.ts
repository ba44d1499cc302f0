/**
 * `coco node tuple`: the signed statement of an actor that a node is its own (GOV-1), which members vote on.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { formatPrepared, prepareRequest, readCertificateChain } from '@coco/client';
import { createNodeIdentityFiles, loadConfig, type NodeIdentity, openVirtualSealer } from '@coco/host';
import { CocoError } from '@coco/primitives';
import { type Command, needed, type OptionValues, text } from '../command.js';
import { jsonOption, openSignerFor, signerOptions } from '../governance/access.js';
import { shortId } from '../governance/naming.js';
import { describePrepared, requestOptions } from '../governance/signing.js';
import { readText } from '../ledger/textFile.js';
import { ensureConfig, nodeFileOptions } from '../node/nodeFiles.js';
import { signedTuple, signTuple, tupleOf, tupleRequest } from '../node/tuple.js';
import { bold, dim, fields, green } from '../terminal.js';

/** Whose node it is. */
export const actorOptions = {
  'actor-cert': {
    type: 'string',
    value: 'FILE',
    env: 'COCO_CERT',
    group: 'Signing',
    help: 'certificate of the member or participant whose node it is, in PEM',
  },
  'actor-key': {
    type: 'string',
    value: 'FILE',
    env: 'COCO_KEY',
    group: 'Signing',
    help: 'its private key in PEM, if it is on this machine',
  },
  ...signerOptions,
} as const;

export const nodeTuple: Command = {
  name: 'node tuple',
  summary: 'make a node’s identity, and sign that it is yours',
  operands: '',
  options: {
    ...nodeFileOptions,
    out: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      default: 'tuple.json',
      help: 'where the signed tuple goes',
    },
    ...jsonOption,
    ...actorOptions,
    actor: { ...requestOptions.actor, help: 'id of the actor, when the certificate is one beneath it' },
    prepare: requestOptions.prepare,
    signed: {
      type: 'string',
      value: 'FILE',
      group: 'Signing',
      help: 'the tuple as coco request sign has signed it, instead of a key',
    },
  },
  about: [
    'The node’s key is made on its machine, sealed, and never leaves it. The tuple names the key and the addresses of ' +
      'the configuration; members admit it with coco proposal create add-node.',
  ],
  examples: [
    [
      'coco node tuple --address 10.0.0.4:8545 --actor-cert acme.cert.pem --actor-key acme.key.pem',
      'a new node',
    ],
    [
      'coco node tuple --prepare tuple.request.json --actor-cert acme.cert.pem',
      'to be signed on another machine',
    ],
    [
      'coco node tuple --signed tuple.request.json.cose --actor-cert acme.cert.pem',
      'when it has been signed there',
    ],
  ],
  async run(_operands, options) {
    const { identity, made } = await makeTuple(ensureConfig(options), options);
    const json = options['json'] === true;
    if ('prepared' in made) {
      process.stdout.write(`${json ? JSON.stringify(made) : describePrepared(made.prepared)}\n`);
      return 0;
    }
    const out = text(options, 'out') ?? 'tuple.json';
    writeFileSync(out, `${JSON.stringify(made.tuple, null, 2)}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ nodeId: identity.nodeId, tuple: out })}\n`);
    else process.stdout.write(`${describe(out, made.tuple)}\n`);
    return 0;
  },
};

/** What came of it: the argument of `add_node`, or a file that is to be signed elsewhere. */
export type MadeTuple = { readonly tuple: Readonly<Record<string, string>> } | { readonly prepared: string };

/** The node's identity, made when there is none, and its tuple, signed or prepared as the options say. */
export async function makeTuple(
  file: string,
  options: OptionValues,
): Promise<{ readonly identity: NodeIdentity; readonly made: MadeTuple }> {
  const config = loadConfig(file);
  const sealer = await openVirtualSealer(config.virtualKeyPath);
  const directory = config.directories.sealed;
  const identity = createNodeIdentityFiles({ directory, sealer, nowMs: Date.now() });
  const certificates = readCertificateChain(readText(needed(options, 'actor-cert', 'COCO_CERT')));
  const actorId = text(options, 'actor') ?? certificates.at(-1)?.fingerprint ?? '';
  const tuple = tupleOf(config, identity.key.publicKey, actorId);
  const prepare = text(options, 'prepare');
  if (prepare !== undefined) {
    const prepared = prepareRequest(tupleRequest(tuple), certificates);
    writeFileSync(prepare, formatPrepared(prepared), { mode: 0o600 });
    writeFileSync(`${prepare}.tbs`, prepared.toBeSigned, { mode: 0o600 });
    return { identity, made: { prepared: prepare } };
  }
  const signed = text(options, 'signed');
  if (signed !== undefined) {
    if (!existsSync(signed))
      throw new CocoError('COCO_CLI_FILE', `there is no file ${signed}`, { path: signed });
    const message = new Uint8Array(readFileSync(signed));
    return { identity, made: { tuple: signedTuple(tuple, message, certificates[0].publicKey) } };
  }
  const key = text(options, 'actor-key');
  const signer = await openSignerFor(certificates, { ...options, key });
  return { identity, made: { tuple: await signTuple(tuple, signer) } };
}

function describe(file: string, tuple: Readonly<Record<string, string>>): string {
  const name = path.relative(process.cwd(), path.resolve(file)) || file;
  return [
    `${green('●')} ${bold(name)} ${dim('— the signed tuple of the node')}`,
    '',
    fields([
      ['  node', tuple['node_id'] ?? ''],
      ['  of', shortId(tuple['actor'] ?? '')],
      ['  applications', tuple['application_address'] ?? ''],
      ['  administration', tuple['administrative_address'] ?? ''],
      ['  peers', tuple['peer_address'] ?? ''],
    ]),
    '',
    `${bold('Next:')} a member proposes it, and the node can join when it is accepted:`,
    `  coco proposal create add-node ${name}`,
  ].join('\n');
}
