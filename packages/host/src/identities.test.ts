/**
 * A service and nodes with certificates of it, for the tests of this room.
 */
import type { CodeManifest, TeeEntry } from '@coco/attestation';
import {
  type Certificate,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  publicKeyToPem,
  randomBytes,
} from '@coco/crypto';
import type { ActorView, NetworkView, NodeView } from '@coco/governance';
import type { NodeId } from '@coco/primitives';

export interface TestIdentity {
  readonly privateKey: PrivateKey;
  readonly certificate: Certificate;
  readonly nodeId: NodeId;
  /** Sent along with the certificate. */
  readonly issuers?: readonly Certificate[];
}

/** A view of a network with these. */
export function testNetworkView(
  who: {
    readonly members?: readonly TestIdentity[];
    readonly participants?: readonly TestIdentity[];
    readonly nodes?: readonly NodeView[];
    readonly service?: TestIdentity;
  } = {},
): NetworkView {
  const { members = [], participants = [], nodes = [], service } = who;
  const actor =
    (kind: ActorView['kind']) =>
    (identity: TestIdentity): ActorView => ({
      id: identity.certificate.fingerprint,
      kind,
      name: identity.certificate.subject,
      certificatePem: identity.certificate.pem,
      status: 'Active',
    });
  return {
    seqno: 1,
    serviceCertificatePem: service?.certificate.pem ?? '',
    serviceStatus: 'Open',
    constitutionDigest: 'd'.repeat(64),
    nodes,
    members: members.map(actor('member')),
    participants: participants.map(actor('participant')),
    nodeCertificateDays: 365,
    manifests: { tee: { virtual: testDemand }, code: noCode },
    leaseSeconds: 3600,
    leaseRestart: false,
    sampleFractionPpm: 0,
  };
}

/** What is demanded of virtual nodes where nobody demands anything. */
const testDemand: TeeEntry = {
  description: '',
  code: 'any',
  roots: [],
  machines: [],
  minimumTcb: {},
  signers: [],
  cspIds: [],
  minimumReportVersion: 0,
  vmplMax: 0,
  uvm: [],
  acceptedStatuses: [],
  allowedAdvisories: [],
  minimumTcbEvaluation: 0,
  collateralDaysMax: 0,
};

const noCode: CodeManifest = {
  codes: {},
  snp: { measurements: [], hostData: [], uvm: [], tcb: {} },
  virtual: { measurements: [] },
};

/** A node on the VN list, at addresses of ours. */
export function testNodeView(identity: TestIdentity, options: Partial<NodeView> = {}): NodeView {
  return {
    nodeId: identity.nodeId,
    status: 'Trusted',
    retiredCommitted: false,
    peerAddress: '127.0.0.1:1',
    applicationAddress: '127.0.0.1:2',
    administrativeAddress: '127.0.0.1:3',
    publicKeyPem: publicKeyToPem(identity.privateKey.publicKey),
    certificatePem: identity.certificate.pem,
    ...options,
  };
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
