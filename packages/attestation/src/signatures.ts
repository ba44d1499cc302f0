/**
 * Signatures are checked last and apart from everything else: what was found is told only when all of them hold, and
 * nothing is decided by whether one does. Where the platform checks them asynchronously (browsers), so can this.
 */
import { type SignatureCheck, signatureHolds } from '@coco/crypto';
import { refused } from './refused.js';
import type { Examined, NamedSignature } from './types.js';

/** What was examined, every signature holds. Throws COCO_ATTESTATION_SIGNATURE. */
export function checkSignatures<Claims>({ claims, signatures }: Examined<Claims>): Claims {
  for (const signature of signatures) if (!signatureHolds(signature)) throw bad(signature);
  return claims;
}

/** The same, with a way of checking handed in. */
export async function checkSignaturesWith<Claims>(
  { claims, signatures }: Examined<Claims>,
  check: (signature: SignatureCheck) => Promise<boolean>,
): Promise<Claims> {
  for (const signature of signatures) if (!(await check(signature))) throw bad(signature);
  return claims;
}

function bad({ what }: NamedSignature) {
  return refused('COCO_ATTESTATION_SIGNATURE', `${what} is not good`, { what });
}
