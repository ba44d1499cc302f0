/**
 * The identity of a node before it belongs to any network: a key that is made here, sealed, and never leaves; and a
 * certificate of it by itself, which it shows while it joins.
 *
 *     <sealed>/node-key.sealed               the private key
 *     <sealed>/self-signed-certificate.pem   the certificate
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Certificate, generateKeyPair, type PrivateKey, parseCertificate } from '@coco/crypto';
import { CocoError, type NodeId, utf8 } from '@coco/primitives';
import { replaceFileSync } from './disk.js';
import { selfSignedNodeCertificate } from './nodeCertificate.js';
import { loadNodeKey, saveNodeKey } from './nodeSecrets.js';
import type { Sealer } from './sealer.js';

export interface NodeIdentityOptions {
  /** The directory of sealed files; made when it is missing. */
  readonly directory: string;
  readonly sealer: Sealer;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export interface NodeIdentity {
  readonly nodeId: NodeId;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

/** The identity in `directory`, which is made when there is none; to call it again changes nothing. COCO_HOST_*. */
export function createNodeIdentityFiles({ directory, sealer, nowMs }: NodeIdentityOptions): NodeIdentity {
  let key = loadNodeKey(directory, sealer);
  if (key === undefined) {
    key = generateKeyPair();
    saveNodeKey(directory, sealer, key);
  }
  const file = path.join(directory, 'self-signed-certificate.pem');
  const nodeId = key.publicKey.fingerprint;
  let certificate = existing(file);
  if (certificate?.publicKey.fingerprint !== nodeId || certificate.notAfterMs <= nowMs) {
    certificate = selfSignedNodeCertificate(key, nowMs);
    replaceFileSync(file, utf8(certificate.pem), 0o644);
  }
  return { nodeId, key, certificate };
}

function existing(file: string): Certificate | undefined {
  try {
    return existsSync(file) ? parseCertificate(readFileSync(file, 'utf8')) : undefined;
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
