/**
 * An answer to a recovery that lies, for drills: signed by a holder and sealed as it should be, with a partial decryption that the
 * holder's share did not make.
 */
import { keySigner } from '@coco/client';
import { hpkeSeal, parseCertificate, randomBytes, shareKeyFromPem } from '@coco/crypto';
import {
  answerEpochs,
  answerSealing,
  heldShare,
  openRecoveryRequest,
  recoveryAnswerPayload,
} from '@coco/governance';
import { assert } from '@coco/primitives';
import { readSigned, signedText, signRecovery } from '../signedFile.js';

export interface Forger {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly shareKeyPem: string;
}

/** The text of the answer to the request in `requestFile`; it lies about `epoch`. */
export async function forgedAnswer(requestFile: string, forger: Forger, epoch: number): Promise<string> {
  const { certificatePem, privateKeyPem, shareKeyPem } = forger;
  const request = openRecoveryRequest(readSigned(requestFile, 'recovery_request'));
  const actorId = parseCertificate(certificatePem).fingerprint;
  const share = heldShare(request, actorId, shareKeyFromPem(shareKeyPem));
  const partials = new Map(answerEpochs(share, request.epochs, randomBytes));
  const own = partials.get(epoch);
  const other = [...partials].find(([of]) => of !== epoch)?.[1];
  assert(own !== undefined && other !== undefined, 'there are two epochs');
  partials.set(epoch, { ...own, element: other.element });
  const payload = recoveryAnswerPayload(request, partials, (plaintext) =>
    hpkeSeal({ recipient: request.recipient, plaintext, ...answerSealing(request.digest, actorId) }),
  );
  const signer = keySigner({ certificatePem, privateKeyPem });
  return signedText('recovery_answer', await signRecovery('recovery_answer', actorId, payload, signer));
}
