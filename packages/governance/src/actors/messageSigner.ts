/**
 * Whether a COSE_Sign1 was signed in the name of an actor: by the key of its registered certificate, or, where that is a
 * CA, by the key of a leaf beneath it, which the message then carries in its header x5chain (RFC 9360, label 33).
 */
import { type Certificate, type CoseSign1, coseVerify, parseCertificate } from '@coco/crypto';
import type { ActorView } from '../types.js';
import { pathCertificatesMax, validityRefusal } from './certificatePath.js';
import { beneath, registered } from './identifyActor.js';

const chainLabel = 33;

/** Who signed: the subject of the certificate whose key it was. */
export type SignerVerdict = { readonly subject: string } | { readonly refused: string };

/** Checks the signature of `message` (payload attached). Without `nowMs` validity is not looked at. */
export function verifySigner(message: CoseSign1, actor: ActorView, nowMs: number | undefined): SignerVerdict {
  const own = registered(actor);
  if (own === undefined) return { refused: 'the registered certificate cannot be read' };
  const chain = carriedChain(message);
  if (chain === undefined) return { refused: 'the header x5chain is not a chain of certificates' };
  const leaf = chain[0];
  if (leaf === undefined || leaf.fingerprint === own.fingerprint) return checked(message, own, nowMs);
  const outcome = beneath(chain, actor, nowMs);
  if (outcome === undefined)
    return { refused: 'the certificate in x5chain was not issued beneath the signer' };
  return outcome === 'issued' ? checked(message, leaf, nowMs) : { refused: outcome };
}

function checked(message: CoseSign1, certificate: Certificate, nowMs: number | undefined): SignerVerdict {
  const refused = validityRefusal(certificate, nowMs);
  if (refused !== undefined) return { refused };
  if (!coseVerify(message, certificate.publicKey)) {
    return { refused: 'the signature is not good, or its algorithm is not that of the key' };
  }
  return { subject: certificate.subject };
}

/** The certificates that the message carries, leaf first; none when it carries none; undefined when they do not read. */
function carriedChain(message: CoseSign1): readonly Certificate[] | undefined {
  const value = message.unprotectedHeader.get(chainLabel) ?? message.protectedHeader.get(chainLabel);
  if (value === undefined) return [];
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  // One more, because the chain may go on to the registered certificate.
  if (parts.length === 0 || parts.length > pathCertificatesMax + 1) return undefined;
  const chain: Certificate[] = [];
  for (const part of parts) {
    if (!(part instanceof Uint8Array) || part[0] !== 0x30) return undefined;
    try {
      chain.push(parseCertificate(part));
    } catch {
      return undefined;
    }
  }
  return chain;
}
