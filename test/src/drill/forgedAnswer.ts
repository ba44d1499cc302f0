/**
 * An answer that lies: signed by a holder, sealed as it should be, with a partial decryption that the holder's share did not make.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { keySigner, signRequest } from '@coco/client';
import { hpkeSeal, randomBytes, shareKeyFromPem } from '@coco/crypto';
import {
  answerEpochs,
  answerSealing,
  heldShare,
  openRecoveryRequest,
  recoveryAnswerPayload,
} from '@coco/governance';
import { fromBase64, toBase64 } from '@coco/primitives';
import type { Person } from '../governed/person.js';

/** The text of the answer; it lies about `epoch`. */
export async function forgedAnswer(
  requestFile: string,
  { person, directory }: { readonly person: Person; readonly directory: string },
  epoch: number,
): Promise<string> {
  const { cose } = JSON.parse(readFileSync(requestFile, 'utf8')) as { cose: string };
  const request = openRecoveryRequest(fromBase64(cose) ?? new Uint8Array(0));
  const shareKey = shareKeyFromPem(
    readFileSync(path.join(directory, `${person.name}.share-key.pem`), 'utf8'),
  );
  const partials = new Map(
    answerEpochs(heldShare(request, person.id, shareKey), request.epochs, randomBytes),
  );
  const other = [...partials].find(([of]) => of !== epoch)?.[1];
  const own = partials.get(epoch);
  if (other === undefined || own === undefined) throw new Error('there are not two epochs');
  partials.set(epoch, { ...own, element: other.element });
  const payload = recoveryAnswerPayload(request, partials, (plaintext) =>
    hpkeSeal({ recipient: request.recipient, plaintext, ...answerSealing(request.digest, person.id) }),
  );
  const createdAt = Math.floor(Date.now() / 1000);
  const signer = keySigner(person.identity());
  const message = await signRequest(
    { type: 'recovery_answer', actorId: person.id, createdAt, payload },
    signer,
  );
  return JSON.stringify({ what: 'coco recovery answer', cose: toBase64(message) });
}
