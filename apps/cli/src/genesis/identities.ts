/**
 * Identities that this command makes (X.509): a service, its nodes, members and participants. The actors' keys never
 * enter the network (ACT-3): they are files of whoever made them.
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Certificate,
  type Curve,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  type PublicKey,
  prepareSelfSigned,
  privateKeyToPem,
  randomBytes,
} from '@coco/crypto';
import { CocoError } from '@coco/primitives';

/** A key and its certificate. */
export interface Identity {
  readonly name: string;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

const dayMs = 24 * 3600 * 1000;
const serviceDays = 365;

/** The root of trust of one network; clients need its certificate and nothing else. */
export function createServiceIdentity(name: string, nowMs: number): Identity {
  return selfSigned(name, generateKeyPair(), { nowMs, days: serviceDays });
}

/** A node's key, endorsed by the service identity, for the host (a name or an IP address) that clients connect to. */
export function createNodeIdentity(name: string, host: string, service: Identity, nowMs: number): Identity {
  const key = generateKeyPair();
  const isIp = /^[\d.]+$/.test(host) || host.includes(':');
  const local = host === '127.0.0.1' ? [{ dns: 'localhost' }] : [];
  const certificate = issueCertificate(
    {
      subjectCommonName: name,
      publicKey: key.publicKey,
      ...validity(nowMs, serviceDays),
      isCa: false,
      subjectAltNames: [...local, isIp ? { ip: host } : { dns: host }],
      serialNumber: randomBytes(16),
    },
    { key: service.key, certificate: service.certificate },
  );
  return { name, key, certificate };
}

export interface ActorIdentityOptions {
  /** Default P-256. */
  readonly curve?: Curve;
  /** How long the certificate is valid. Default 365. */
  readonly days?: number;
}

export interface ActorIdentityOptions {
  /** Default P-256. */
  readonly curve?: Curve;
  /** How long the certificate is valid. Default 365. */
  readonly days?: number;
}

/** A member or participant: self-signed, as an organisation brings it; a CA, so that it can issue to its people (ACT-2). */
export function createActorIdentity(
  name: string,
  nowMs: number,
  options: ActorIdentityOptions = {},
): Identity {
  const { curve = 'P-256', days = 365 } = options;
  return selfSigned(name, generateKeyPair(curve), { nowMs, days, organization: name });
}

/** The certificate of such an actor whose key signs somewhere else: `sign` is given the bytes, and gives r || s. */
export async function certifyActor(
  name: string,
  publicKey: PublicKey,
  options: {
    readonly nowMs: number;
    readonly days: number;
    readonly sign: (toBeSigned: Uint8Array) => Promise<Uint8Array>;
  },
): Promise<Certificate> {
  const { toBeSigned, complete } = prepareSelfSigned({
    subjectCommonName: name,
    subjectOrganization: name,
    publicKey,
    ...validity(options.nowMs, options.days),
    isCa: true,
    serialNumber: randomBytes(16),
  });
  return complete(await options.sign(toBeSigned));
}

/** The files of an identity. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Where the files of `name` are in `directory`: `<name>.cert.pem` and `<name>.key.pem`. */
export function identityFiles(directory: string, name: string): IdentityFiles {
  const file = path.join(directory, name);
  return { certificate: `${file}.cert.pem`, key: `${file}.key.pem` };
}

/**
 * Writes certificate and key, the key readable by its owner alone, and encrypted when there is a passphrase. Never
 * over files that are there: COCO_CLI_EXISTS.
 */
export function writeActorIdentity(
  directory: string,
  identity: Identity,
  passphrase?: string,
): IdentityFiles {
  const files = identityFiles(directory, identity.name);
  makeRoom(directory, [files.certificate, files.key]);
  writeFileSync(files.certificate, identity.certificate.pem);
  writeFileSync(files.key, privateKeyToPem(identity.key, passphrase), { mode: 0o600 });
  return files;
}

/** Writes the certificate of an actor whose key is elsewhere. COCO_CLI_EXISTS. */
export function writeActorCertificate(directory: string, name: string, certificate: Certificate): string {
  const file = identityFiles(directory, name).certificate;
  makeRoom(directory, [file]);
  writeFileSync(file, certificate.pem);
  return file;
}

function makeRoom(directory: string, files: readonly string[]): void {
  const taken = files.find((file) => existsSync(file));
  if (taken !== undefined) {
    const sentence = `${taken} is there already, and is never written over: choose another name or directory`;
    throw new CocoError('COCO_CLI_EXISTS', sentence, { path: taken });
  }
  if (existsSync(directory)) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
}

function selfSigned(
  name: string,
  key: PrivateKey,
  options: { readonly nowMs: number; readonly days: number; readonly organization?: string },
): Identity {
  const { nowMs, days, organization } = options;
  const subject = {
    subjectCommonName: name,
    ...(organization !== undefined && { subjectOrganization: organization }),
  };
  const request = { publicKey: key.publicKey, isCa: true, serialNumber: randomBytes(16) };
  const certificate = issueCertificate(
    { ...subject, ...request, ...validity(nowMs, days) },
    { key, ...subject },
  );
  return { name, key, certificate };
}

/** Valid from an hour ago: clocks of one machine differ from those of another. */
function validity(
  nowMs: number,
  days: number,
): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  return { notBeforeMs: nowMs - 3600 * 1000, notAfterMs: nowMs + days * dayMs };
}
