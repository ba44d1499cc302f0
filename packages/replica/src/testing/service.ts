/**
 * A service, the nodes that it vouches for, and the genesis that names them.
 */
import {
  type Certificate,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  publicKeyFromPem,
  publicKeyToPem,
} from '@coco/crypto';
import type { NodeView } from '@coco/governance';
import type { LedgerIdentity } from '@coco/ledger';
import { CocoError, type NodeId } from '@coco/primitives';
import type { Genesis } from '../types.js';
import { type TestMember, testConstitution } from './members.js';

const validity = { notBeforeMs: 0, notAfterMs: 4_000_000_000_000 };
const dayMs = 86_400_000;
const serialNumber = new Uint8Array(16).fill(7);

export interface Service {
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

export function createService(): Service {
  const key = generateKeyPair();
  const subject = { subjectCommonName: 'service', publicKey: key.publicKey, isCa: true };
  const certificate = issueCertificate(
    { ...validity, serialNumber, ...subject },
    { key, subjectCommonName: 'service' },
  );
  return { key, certificate };
}

export function createIdentity({ key, certificate }: Service, name: string): LedgerIdentity {
  const nodeKey = generateKeyPair();
  const subject = { subjectCommonName: name, publicKey: nodeKey.publicKey, isCa: false };
  const nodeCertificate = issueCertificate({ ...validity, serialNumber, ...subject }, { key, certificate });
  const nodeId = nodeKey.publicKey.fingerprint;
  return { nodeId, nodeKey, nodeCertificate, serviceKey: key, serviceCertificate: certificate };
}

/** In these tests a time is a number of days since 1970. */
export function endorse(
  service: Service,
  { publicKeyPem }: NodeView,
  validFrom: string,
  days: number,
): string {
  const from = Number(validFrom) * dayMs;
  if (!Number.isSafeInteger(from)) throw new CocoError('COCO_HOST_CERTIFICATE_TIME', 'there is no such time');
  const publicKey = publicKeyFromPem(publicKeyPem);
  const fields = { subjectCommonName: 'renewed', publicKey, isCa: false, serialNumber };
  return issueCertificate({ ...fields, notBeforeMs: from, notAfterMs: from + days * dayMs }, service).pem;
}

/** What a node says of itself: its key, and where it is. */
export function tupleOf({ nodeId, nodeKey }: LedgerIdentity): {
  readonly nodeId: NodeId;
  readonly publicKeyPem: string;
  readonly peerAddress: string;
  readonly applicationAddress: string;
  readonly administrativeAddress: string;
} {
  const address = (port: number): string => `127.0.0.1:${port}`;
  return {
    nodeId,
    publicKeyPem: publicKeyToPem(nodeKey.publicKey),
    peerAddress: address(1000),
    applicationAddress: address(2000),
    administrativeAddress: address(3000),
  };
}

export function createGenesis(
  service: Service,
  identities: readonly LedgerIdentity[],
  members: readonly TestMember[],
): Genesis {
  return {
    serviceCertificatePem: service.certificate.pem,
    constitution: testConstitution,
    members: members.map(({ name, certificate }) => ({ name, certificatePem: certificate.pem })),
    participants: [],
    nodes: identities.map((identity) => ({
      ...tupleOf(identity),
      certificatePem: identity.nodeCertificate.pem,
    })),
    votingPolicies: { default: { kind: 'majority' } },
    adapters: { counter: 1 },
  };
}
