/**
 * A service and nodes with certificates of it, for the tests of this room.
 */
import {
  type Certificate,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  randomBytes,
} from '@coco/crypto';
import type { NodeId } from '@coco/primitives';

export interface TestIdentity {
  readonly privateKey: PrivateKey;
  readonly certificate: Certificate;
  readonly nodeId: NodeId;
}

/** A certificate authority of its own. */
export function testService(name = 'service'): TestIdentity {
  return issue(name, true);
}

/** An identity that `issuer` certifies, or that certifies itself. */
export function testIdentity(name: string, issuer?: TestIdentity): TestIdentity {
  return issue(name, false, issuer);
}

/** Validity around now, unless told otherwise. */
export function issue(
  name: string,
  isCa: boolean,
  issuer?: TestIdentity,
  validity = { notBeforeMs: Date.now() - 3_600_000, notAfterMs: Date.now() + 3_600_000 },
): TestIdentity {
  const privateKey = generateKeyPair('P-256');
  const certificate = issueCertificate(
    {
      subjectCommonName: name,
      publicKey: privateKey.publicKey,
      ...validity,
      isCa,
      subjectAltNames: [{ ip: '127.0.0.1' }, { dns: 'localhost' }],
      serialNumber: randomBytes(16),
    },
    issuer === undefined
      ? { key: privateKey, subjectCommonName: name }
      : { key: issuer.privateKey, certificate: issuer.certificate },
  );
  return { privateKey, certificate, nodeId: privateKey.publicKey.fingerprint };
}
