/**
 * A ledger in memory that a node of its own signs, for what is measured in one thread.
 */
import { generateKeyPair, issueCertificate, type PublicKey, randomBytes } from '@coco/crypto';
import { createLedger, type Ledger, type LedgerIdentity } from '@coco/ledger';

export interface BenchLedger {
  readonly identity: LedgerIdentity;
  /** `openSecret` opens what an entry, which is sealed under `present`, has for the node. */
  createLedger(openSecret: (sealed: Uint8Array, present: Uint8Array) => Uint8Array | undefined): Ledger;
}

const yearMs = 365 * 24 * 3600 * 1000;

/** Keys as nodes have them. */
export function benchLedger(): BenchLedger {
  const [serviceKey, nodeKey] = [generateKeyPair(), generateKeyPair()];
  const request = (subjectCommonName: string, publicKey: PublicKey, isCa: boolean) => {
    const nowMs = Date.now();
    const validity = { notBeforeMs: nowMs - 1000, notAfterMs: nowMs + yearMs };
    return { subjectCommonName, publicKey, isCa, serialNumber: randomBytes(16), ...validity };
  };
  const serviceCertificate = issueCertificate(request('service', serviceKey.publicKey, true), {
    key: serviceKey,
    subjectCommonName: 'service',
  });
  const issuer = { key: serviceKey, certificate: serviceCertificate };
  const nodeCertificate = issueCertificate(request('node', nodeKey.publicKey, false), issuer);
  const nodeId = nodeKey.publicKey.fingerprint;
  const identity = { nodeId, nodeKey, nodeCertificate, serviceKey, serviceCertificate };
  const secrets = [{ fromSeqno: 1, key: randomBytes(32) }];
  return {
    identity,
    createLedger: (openSecret) => createLedger({ identity, serviceCertificate, secrets, openSecret }),
  };
}
