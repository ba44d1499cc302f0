/**
 * A node that never runs: a key, and its tuple signed by its actor; enough to ask for everything that a joining node asks for.
 */
import { keySigner, signRequest } from '@coco/client';
import {
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  privateKeyToPem,
  publicKeyToPem,
  randomBytes,
} from '@coco/crypto';
import { toBase64, utf8 } from '@coco/primitives';
import type { Person } from './person.js';

export interface StrangerNode {
  readonly nodeId: string;
  /** The argument of `add_node`. */
  readonly tuple: Readonly<Record<string, string>>;
  /** What it shows while the service has not issued it a certificate. */
  readonly identity: { readonly certificatePem: string; readonly privateKeyPem: string };
}

/** One of `actor`; `signer`, if another, is who signs the tuple in its name. */
export async function strangerNode(actor: Person, signer: Person = actor): Promise<StrangerNode> {
  const key = generateKeyPair();
  const nodeId = key.publicKey.fingerprint;
  const fields = {
    actor: actor.id,
    node_id: nodeId,
    public_key: publicKeyToPem(key.publicKey),
    peer_address: '127.0.0.1:1',
    application_address: '127.0.0.1:2',
    administrative_address: '127.0.0.1:3',
  };
  const request = {
    type: 'vn_tuple',
    actorId: actor.id,
    createdAt: Math.floor(Date.now() / 1000),
    payload: utf8(JSON.stringify(fields)),
  } as const;
  const cose = toBase64(await signRequest(request, keySigner(signer.identity())));
  const identity = { certificatePem: selfSigned(key), privateKeyPem: privateKeyToPem(key) };
  return { nodeId, tuple: { ...fields, cose }, identity };
}

/** A certificate that says nothing but whose key it is. */
export function selfSigned(key: PrivateKey): string {
  const now = Date.now();
  const subject = { subjectCommonName: 'a node that joins' };
  return issueCertificate(
    {
      ...subject,
      publicKey: key.publicKey,
      notBeforeMs: now - 60_000,
      notAfterMs: now + 3_600_000,
      isCa: false,
      serialNumber: randomBytes(16),
    },
    { key, ...subject },
  ).pem;
}
