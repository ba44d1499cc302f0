/**
 * Asks another node for partial decryptions, and proves what this one runs.
 */
import { CocoError } from '@coco/primitives';
import { parseAddress } from '../address.js';
import type { OwnEvidence } from '../attestation/ownEvidence.js';
import { askProving, parsed } from '../attestation/proveOverHttps.js';
import { type Pin, withPinnedSession } from '../pinnedRequest.js';
import type { Askable } from './gatherSecrets.js';
import type { SealedEpoch } from './partials.js';
import { decodePartialsAnswers, encodePartialsAsk, type PartialsAnswer } from './partialsMessages.js';

export interface AskPartialsOptions {
  /** With the certificate that the service issued to this node. */
  readonly pin: Omit<Pin, 'signal'>;
  readonly evidence: OwnEvidence;
}

/** COCO_JOIN_UNREACHABLE, COCO_JOIN_SERVICE, COCO_SECRETS_*, COCO_ATTESTATION_*: why there is no answer. */
export async function askPartials(
  { pin, evidence }: AskPartialsOptions,
  node: Pick<Askable, 'administrativeAddress'>,
  epochs: readonly SealedEpoch[],
  signal: AbortSignal,
): Promise<readonly PartialsAnswer[]> {
  const address = parseAddress(node.administrativeAddress);
  if (address === undefined) throw new CocoError('COCO_JOIN_UNREACHABLE', 'its address is none');
  const answer = await withPinnedSession(address, { ...pin, signal }, (session) =>
    askProving(session, {
      path: '/node/partials',
      body: (proof) => encodePartialsAsk(epochs, proof),
      evidence,
      purpose: 'secrets',
    }),
  );
  if (answer.status === 200) return decodePartialsAnswers(answer.body);
  const { code, message } = (parsed(answer.body)['error'] ?? {}) as { code?: unknown; message?: unknown };
  const isTold = typeof code === 'string' && code.length <= 100 && typeof message === 'string';
  if (isTold) throw new CocoError(code, message.slice(0, 1000));
  throw new CocoError('COCO_SECRETS_ANSWER', `the node answers with status ${answer.status}`);
}
