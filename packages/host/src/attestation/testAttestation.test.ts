/**
 * Evidence and demands for the tests of this room: virtual evidence of real keys, judged for real.
 */
import {
  encodeClaims,
  encodeEvidence,
  type Manifests,
  type RuntimeClaims,
  reportDataOf,
  type TeeEntry,
  virtualEvidence,
} from '@coco/attestation';
import { generateShareKey, sha256, signRaw } from '@coco/crypto';
import { fromHex, toHex, utf8 } from '@coco/primitives';
import { readAttestationSettings } from '../attesters/attestationSettings.js';
import { openAttester } from '../attesters/attester.js';
import type { NodeConfig } from '../config.js';
import { Fields } from '../fields.js';
import { silentLog } from '../httpEndpoint.test.js';
import { type TestIdentity, testNetworkView } from '../identities.test.js';
import type { SessionAttestation } from './attestedSession.js';
import { createOwnEvidence, type OwnEvidence } from './ownEvidence.js';
import { sessionAttestation } from './sessionAttestation.js';

/** What a network accepts whose members said nothing of it: virtual nodes, whatever they run. */
export const anyVirtual: Manifests = testNetworkView().manifests;

/** What a network accepts whose members listed code: the trees with these names. */
export function listedCode(...names: readonly string[]): Manifests {
  const { tee, code } = anyVirtual;
  const entry = { ...(tee.virtual as TeeEntry), code: 'listed' as const };
  return {
    tee: { virtual: entry },
    code: { ...code, virtual: { measurements: names.map((name) => toHex(codeOf(name))) } },
  };
}

export const virtualSettings: NodeConfig['attestation'] = readAttestationSettings(
  new Fields({}, ''),
  (name) => name,
);

/** Digest of a code tree with this name. */
export const codeOf = (name: string): Uint8Array => sha256(utf8(name));

/** A CMW with what `identity` says of itself; `changes` bend it. */
export function testEvidence(identity: TestIdentity, changes: Partial<RuntimeClaims>): Uint8Array {
  const { privateKey, nodeId } = identity;
  const claims: RuntimeClaims = {
    purpose: 'session',
    nodeKey: fromHex(nodeId) as Uint8Array,
    code: codeOf('code'),
    instance: new Uint8Array(16),
    ...changes,
  };
  const encoded = encodeClaims(claims);
  const { code: tree, instance } = claims;
  const evidence = virtualEvidence({
    reportData: reportDataOf(encoded),
    tree,
    instance,
    publicKeyDer: privateKey.publicKey.der,
    sign: (bytes) => signRaw(privateKey, bytes),
  });
  return encodeEvidence({ platform: 'virtual', evidence, claims: encoded, endorsements: {} });
}

/** One side of sessions, and what a test may change of it. */
export interface TestSessions {
  readonly attestation: SessionAttestation;
  /** What this side demands. */
  demands: Manifests;
  leaseSeconds: number;
  /** How often evidence was asked of this side. */
  asked: number;
}

/** One side of sessions in the network of `service`; `bend` makes its evidence another than it should be. */
export function testSessions(
  identity: TestIdentity,
  service: TestIdentity,
  bend: Partial<RuntimeClaims> | SessionAttestation['evidence'] = {},
): TestSessions {
  const serviceFingerprint = service.certificate.fingerprint;
  const make: OwnEvidence['make'] = async ({ network = '', ...asked }) => {
    sessions.asked++;
    const { nonce, exporter } = asked;
    if (typeof bend === 'function' && nonce !== undefined && exporter !== undefined)
      return bend({ nonce, exporter });
    return testEvidence(identity, { ...asked, network: fromHex(network) as Uint8Array, ...bend });
  };
  const network = {
    get manifests() {
      return [sessions.demands];
    },
    get leaseSeconds() {
      return sessions.leaseSeconds;
    },
  };
  const attestation = sessionAttestation({ evidence: { make }, network, serviceFingerprint });
  const sessions: TestSessions = { attestation, demands: anyVirtual, leaseSeconds: 3600, asked: 0 };
  return sessions;
}

/** A node that makes evidence of `code` for whoever asks. */
export function testOwnEvidence(identity: TestIdentity, code = 'code'): OwnEvidence {
  const { nodeId, privateKey } = identity;
  const attester = openAttester(virtualSettings, {
    publicKeyDer: privateKey.publicKey.der,
    sign: (bytes) => signRaw(privateKey, bytes),
    log: silentLog,
  });
  const { publicKey: shareKey } = generateShareKey();
  const newEpochKey = () => generateShareKey().publicKey;
  return createOwnEvidence({
    nodeId,
    attester,
    measureCode: async () => codeOf(code),
    shareKey,
    newEpochKey,
  });
}
