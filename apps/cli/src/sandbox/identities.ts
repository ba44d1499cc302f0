/**
 * The identities of a sandbox network: a service, its nodes, three members, two participants (X.509, P-256). The
 * actors' keys never enter the network (ACT-3); here they are files of the person who tries things out.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Certificate,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  privateKeyToPem,
  randomBytes,
} from '@coco/crypto';

/** A key and its certificate. */
export interface Identity {
  readonly name: string;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

const validityMs = 365 * 24 * 3600 * 1000;

/** The root of trust of one network; clients need its certificate and nothing else. */
export function createServiceIdentity(nowMs: number): Identity {
  const key = generateKeyPair();
  const subjectCommonName = 'Coco sandbox service (virtual platform: proves nothing)';
  const certificate = issueCertificate(
    {
      subjectCommonName,
      publicKey: key.publicKey,
      ...validity(nowMs),
      isCa: true,
      serialNumber: randomBytes(16),
    },
    { key, subjectCommonName },
  );
  return { name: 'service', key, certificate };
}

/** A node's key, endorsed by the service identity, for loopback addresses. */
export function createNodeIdentity(name: string, service: Identity, nowMs: number): Identity {
  const key = generateKeyPair();
  const certificate = issueCertificate(
    {
      subjectCommonName: `Coco sandbox ${name}`,
      publicKey: key.publicKey,
      ...validity(nowMs),
      isCa: false,
      subjectAltNames: [{ dns: 'localhost' }, { ip: '127.0.0.1' }],
      serialNumber: randomBytes(16),
    },
    { key: service.key, certificate: service.certificate },
  );
  return { name, key, certificate };
}

/** A member or participant: self-signed, as an organisation brings it. */
export function createActorIdentity(name: string, nowMs: number): Identity {
  const key = generateKeyPair();
  const certificate = issueCertificate(
    {
      subjectCommonName: name,
      subjectOrganization: name,
      publicKey: key.publicKey,
      ...validity(nowMs),
      isCa: true,
      serialNumber: randomBytes(16),
    },
    { key, subjectCommonName: name, subjectOrganization: name },
  );
  return { name, key, certificate };
}

/** Writes `<name>.cert.pem` and `<name>.key.pem`, the key readable by its owner alone. */
export function writeActorIdentity(directory: string, fileName: string, identity: Identity): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  writeFileSync(path.join(directory, `${fileName}.cert.pem`), identity.certificate.pem);
  writeFileSync(path.join(directory, `${fileName}.key.pem`), privateKeyToPem(identity.key), { mode: 0o600 });
}

/** Valid from an hour ago: clocks of one machine differ from those of another. */
function validity(nowMs: number): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  return { notBeforeMs: nowMs - 3600 * 1000, notAfterMs: nowMs + validityMs };
}
