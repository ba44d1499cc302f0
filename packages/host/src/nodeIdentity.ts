/**
 * The identity of a node before it belongs to any network: a key that is made here, sealed, and never leaves; and a
 * certificate of it by itself, which it shows while it joins, with evidence of what it runs (RFC 9999).
 *
 *     <sealed>/node-key.sealed               the private key
 *     <sealed>/share-key.sealed              the key to which others seal what only this node shall have
 *     <sealed>/self-signed-certificate.pem   the certificate
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { evidenceExtension, evidenceExtensionOid } from '@coco/attestation';
import {
  type Certificate,
  generateKeyPair,
  type PrivateKey,
  parseCertificate,
  type ShareKey,
} from '@coco/crypto';
import { CocoError, type NodeId, utf8 } from '@coco/primitives';
import type { OwnEvidence } from './attestation/ownEvidence.js';
import { replaceFileSync } from './disk.js';
import { selfSignedNodeCertificate } from './nodeCertificate.js';
import { ensureShareKey, loadNodeKey, saveNodeKey } from './nodeSecrets.js';
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
  readonly shareKey: ShareKey;
  readonly certificate: Certificate;
}

/** The identity in `directory`, which is made when there is none; to call it again changes nothing. COCO_HOST_*. */
export function createNodeIdentityFiles({ directory, sealer, nowMs }: NodeIdentityOptions): NodeIdentity {
  let key = loadNodeKey(directory, sealer);
  if (key === undefined) {
    key = generateKeyPair();
    saveNodeKey(directory, sealer, key);
  }
  const shareKey = ensureShareKey(directory, sealer);
  const file = path.join(directory, certificateName);
  const nodeId = key.publicKey.fingerprint;
  let certificate = existing(file);
  if (certificate?.publicKey.fingerprint !== nodeId || certificate.notAfterMs <= nowMs) {
    certificate = selfSignedNodeCertificate(key, nowMs);
    replaceFileSync(file, utf8(certificate.pem), 0o644);
  }
  return { nodeId, key, shareKey, certificate };
}

const certificateName = 'self-signed-certificate.pem';
/** A certificate of 32 KiB is still read everywhere; with more evidence than that, it goes without. */
const evidenceBytesMax = 32 * 1024;

/** The identity with a new certificate of it by itself that carries evidence, in the file as well. */
export async function attestedIdentity(
  identity: NodeIdentity,
  evidence: OwnEvidence,
  { directory, nowMs }: Pick<NodeIdentityOptions, 'directory' | 'nowMs'>,
): Promise<NodeIdentity> {
  const cmw = await evidence.make({ purpose: 'certificate' });
  if (cmw.length > evidenceBytesMax) return identity;
  const extension = { objectId: evidenceExtensionOid, value: evidenceExtension(cmw) };
  const certificate = selfSignedNodeCertificate(identity.key, nowMs, [extension]);
  replaceFileSync(path.join(directory, certificateName), utf8(certificate.pem), 0o644);
  return { ...identity, certificate };
}

function existing(file: string): Certificate | undefined {
  try {
    return existsSync(file) ? parseCertificate(readFileSync(file, 'utf8')) : undefined;
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
