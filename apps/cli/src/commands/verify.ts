/**
 * `coco verify`: what a node proves about itself, against what, and what is only assumed (SEC-3).
 */
import process from 'node:process';
import { type Manifests, parseManifests } from '@coco/attestation';
import { verifyNode } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { verdictJson, verdictText } from '../attestation/verdictText.js';
import { type Command, text } from '../command.js';
import { accessOptions, jsonOption } from '../governance/access.js';
import { readText } from '../ledger/textFile.js';
import { onlyOperand } from './operands.js';

export const verify: Command = {
  name: 'verify',
  summary: 'check what a node runs, by its attestation evidence',
  operands: 'URL',
  options: {
    ...jsonOption,
    service: accessOptions.service,
    manifests: {
      type: 'string',
      value: 'FILE',
      help: 'the manifests that you approve (JSON); without it those that the node shows are taken',
    },
  },
  about: [
    'Asks the node for evidence over a fresh nonce, verifies it up to the roots of the hardware’s vendor, checks that it is bound to the node’s key and to this very connection, and appraises it by the manifests that the members approved. Nothing else is sent.',
    'Without --service any service is taken, and the result says so. For your own manifests: save the field "manifests" of coco constitution show --json once you have checked it.',
    'Exit status 0 when the evidence is accepted, 1 when it is refused.',
  ],
  examples: [
    ['coco verify https://127.0.0.1:8000 --service service.pem', 'a node of this service'],
    [
      'coco verify https://127.0.0.1:8000 --service service.pem --manifests approved.json',
      'by your own list',
    ],
  ],
  async run(operands, options) {
    const url = onlyOperand(operands, 'URL');
    const service = text(options, 'service');
    const manifests = text(options, 'manifests');
    const json = options['json'] === true;
    try {
      const verdict = await verifyNode({
        url,
        ...(service !== undefined && service !== '' && { serviceCertificatePem: readText(service) }),
        ...(manifests !== undefined && { manifests: manifestsIn(manifests) }),
      });
      process.stdout.write(
        json ? `${JSON.stringify(verdictJson(verdict))}\n` : `${verdictText(url, verdict)}\n`,
      );
      return verdict.outcome === 'accepted' ? 0 : 1;
    } catch (error) {
      const isRefusal = error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_');
      if (!isRefusal || !json) throw error;
      const { code, message, facts } = error;
      process.stdout.write(
        `${JSON.stringify({ outcome: 'refused', refusal: { code, sentence: message, facts } })}\n`,
      );
      return 1;
    }
  },
};

function manifestsIn(file: string): Manifests {
  let value: unknown;
  try {
    value = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof CocoError) throw error;
    throw new CocoError('COCO_CLI_FILE', `${file} is not JSON`, { file });
  }
  const within = (value as { readonly manifests?: unknown } | null)?.manifests;
  return parseManifests(within ?? value);
}
