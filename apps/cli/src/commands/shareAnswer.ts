/**
 * `coco share answer`: a holder's answer to a recovery, made from files alone, on a machine that needs no network (CONF-4).
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { readCertificateChain } from '@coco/client';
import { hpkeSeal, type KeyShare, randomBytes, shareKeyFromPem } from '@coco/crypto';
import {
  answerEpochs,
  answerSealing,
  heldShare,
  keptShareOf,
  openRecoveryRequest,
  type RecoveryRequest,
  recoveryAnswerPayload,
} from '@coco/governance';
import { loadConfig, loadKeyShares, openVirtualSealer } from '@coco/host';
import { CocoError } from '@coco/primitives';
import { type Command, needed, type OptionValues, text, UsageError } from '../command.js';
import { jsonOption, openSignerFor, signerOptions } from '../governance/access.js';
import { isEncrypted, passphraseFor } from '../governance/passphrase.js';
import { requestOptions } from '../governance/signing.js';
import { readText } from '../ledger/textFile.js';
import { Cancelled, confirm } from '../prompt.js';
import { describeRequest, progressOf } from '../recovery/recoveryText.js';
import { readSigned, signRecovery, writeSigned } from '../recovery/signedFile.js';
import { bold, dim, green, interactive } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const shareAnswer: Command = {
  name: 'share answer',
  summary: 'answer a request for a recovery with your share of the network’s key',
  operands: 'REQUEST',
  options: {
    'share-key': {
      type: 'string',
      value: 'FILE',
      help: 'the key that your share is sealed to: NAME.share-key.pem',
    },
    'node-dir': {
      type: 'string',
      value: 'DIR',
      help: 'instead: the directory of a stopped node of yours, with node.json in it, which keeps a share',
    },
    out: { type: 'string', short: 'o', value: 'FILE', default: 'answer.json', help: 'where the answer goes' },
    show: { type: 'boolean', help: 'only say what is asked for' },
    yes: { type: 'boolean', help: 'do not ask whether that is what you want' },
    ...jsonOption,
    'actor-cert': {
      type: 'string',
      value: 'FILE',
      env: 'COCO_CERT',
      group: 'Signing',
      help: 'your certificate in PEM',
    },
    'actor-key': {
      type: 'string',
      value: 'FILE',
      env: 'COCO_KEY',
      group: 'Signing',
      help: 'your private key in PEM, if it is on this machine',
    },
    ...signerOptions,
    actor: { ...requestOptions.actor, help: 'id of the actor, when the certificate is one beneath it' },
  },
  about: [
    'Checks everything that the request says, shows what is asked for, by whom, and answers for all epochs. The answer can be read by the ' +
      'machine that asked alone, and is worth nothing without those of as many others as the network’s key takes. The share stays here.',
  ],
  examples: [
    [
      'coco share answer request.json --share-key acme.share-key.pem \\\n' +
        '    --actor-cert acme.cert.pem --actor-key acme.key.pem',
      'answer.json goes back to whoever asked',
    ],
    ['coco share answer request.json --show', 'what is asked for, without answering'],
  ],
  async run(operands, options) {
    const request = openRecoveryRequest(readSigned(onlyOperand(operands, 'REQUEST'), 'recovery_request'));
    const json = options['json'] === true;
    if (!json) process.stdout.write(`${describeRequest(request)}\n`);
    if (options['show'] === true) {
      if (json) process.stdout.write(`${JSON.stringify(requestJson(request))}\n`);
      return 0;
    }
    const certificates = readCertificateChain(readText(needed(options, 'actor-cert', 'COCO_CERT')));
    const actorId = text(options, 'actor') ?? certificates.at(-1)?.fingerprint ?? '';
    const share = await shareOf(request, actorId, options);
    if (interactive && !json && options['yes'] !== true) {
      if (!(await confirm('Answer it?'))) throw new Cancelled();
    }
    const out = path.resolve(text(options, 'out') ?? 'answer.json');
    if (existsSync(out)) throw new CocoError('COCO_CLI_EXISTS', `${out} is there already`, { path: out });
    const signer = await openSignerFor(certificates, { ...options, key: text(options, 'actor-key') });
    const progress = progressOf(json);
    const partials = answerEpochs(share, request.epochs, randomBytes, progress.step('answering'));
    progress.end();
    const payload = recoveryAnswerPayload(request, partials, (plaintext) =>
      hpkeSeal({ recipient: request.recipient, plaintext, ...answerSealing(request.digest, actorId) }),
    );
    writeSigned(out, 'recovery_answer', await signRecovery('recovery_answer', actorId, payload, signer));
    const done = `${green('●')} ${bold(out)} ${dim(`— answers for ${partials.size} epochs; send it to whoever asked`)}`;
    const result = { answer: out, request: request.digest, actor: actorId, epochs: partials.size };
    process.stdout.write(`${json ? JSON.stringify(result) : done}\n`);
    return 0;
  },
};

async function shareOf(request: RecoveryRequest, actorId: string, options: OptionValues): Promise<KeyShare> {
  const [file, directory] = [text(options, 'share-key'), text(options, 'node-dir')];
  if ((file === undefined) === (directory === undefined)) {
    throw new UsageError('--share-key or --node-dir is needed, and not both');
  }
  if (file !== undefined) {
    const pem = readText(file);
    const passphrase = isEncrypted(pem) ? await passphraseFor(file) : undefined;
    return heldShare(request, actorId, shareKeyFromPem(pem, passphrase));
  }
  return keptShareOf(request, actorId, await keptIn(directory ?? ''));
}

async function keptIn(directory: string): Promise<ReturnType<typeof loadKeyShares>> {
  const config = path.join(directory, 'node.json');
  const found = existsSync(config) ? loadConfig(config) : undefined;
  // Opening a sealer would make a key where there is none.
  if (found === undefined || !existsSync(found.virtualKeyPath)) {
    throw new CocoError(
      'COCO_CLI_SECRETS',
      `${directory} is not the directory of a node: it has no node.json, or no key`,
    );
  }
  return loadKeyShares(found.directories.sealed, await openVirtualSealer(found.virtualKeyPath));
}

function requestJson({
  digest,
  actor,
  createdAt,
  serviceCertificate,
  last,
  nodeId,
  key,
  epochs,
  isDrill,
}: RecoveryRequest) {
  return {
    digest,
    by: { id: actor.id, name: actor.name },
    createdAt,
    network: serviceCertificate.fingerprint,
    last,
    nodeId,
    epochs: epochs.map(({ epoch }) => epoch),
    needed: key.key.threshold,
    holders: key.key.actors,
    drill: isDrill,
  };
}
