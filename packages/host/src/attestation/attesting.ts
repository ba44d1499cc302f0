/**
 * What a node has to do with attestation, in one place: its own evidence, what it asks of its peers, nonces that it gave out, and
 * its lease.
 */
import { networkAssurance, type TeeManifest } from '@coco/attestation';
import type { LedgerSecret } from '@coco/ledger';
import type { ReplicaStatus } from '@coco/replica';
import type { Address } from '../address.js';
import type { GrantedLease } from '../joinProtocol.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { NodeIdentity } from '../nodeIdentity.js';
import type { NodeNetwork } from '../nodeNetwork.js';
import { askLease } from './askLease.js';
import type { SessionAttestation } from './attestedSession.js';
import { type Challenges, createChallenges } from './challenges.js';
import { createLeaseKeeper, type LeaseKeeper } from './leaseKeeper.js';
import type { OwnEvidence } from './ownEvidence.js';
import { sessionAttestation } from './sessionAttestation.js';
import { ownPin, whomToAsk } from './whomToAsk.js';

export interface AttestingOptions {
  readonly identity: NodeIdentity;
  readonly evidence: OwnEvidence;
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
  readonly network: Pick<
    NodeNetwork,
    'own' | 'committed' | 'manifests' | 'leaseSeconds' | 'told' | 'certificatePem'
  >;
  readonly status: () => ReplicaStatus;
  /** Whether this node cannot open what follows, and only the primary can tell it the secret. */
  readonly isUntold: () => boolean;
  /** Whether something that is sealed to this epoch key (hex) can be opened here. */
  readonly hasEpochKey: (publicKey: string) => boolean;
  /** This node's own administrative door; undefined before it is open. */
  readonly door: () => Address | undefined;
  /** Also asked for a lease. */
  readonly joinPeer?: Address;
  /** The network has told this node secrets of the ledger that it may have missed: to be wiped. */
  readonly onSecrets: (secrets: readonly LedgerSecret[]) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Attesting {
  readonly evidence: OwnEvidence;
  readonly challenges: Challenges;
  readonly sessions: SessionAttestation;
  readonly lease: LeaseKeeper;
  /** Looks whether there is something to do or to tell; to be called a few times a second. */
  look(): void;
  stop(): void;
}

/** So long after its start a node asks others even when it knows of no primary. */
const settleMs = 5000;

export function createAttesting(options: AttestingOptions): Attesting {
  const { evidence, network, log, metrics } = options;
  const lease = createLeaseKeeper({
    own: () => network.own,
    ask: (onWaiting, signal) => askForLease(options, onWaiting, signal),
    isUntold: options.isUntold,
    isOfEarlierStart: () => {
      const onRecord = network.own?.evidence?.epochKey;
      return onRecord !== undefined && !options.hasEpochKey(onRecord);
    },
    onGranted: ({ nodes, expiresAtMs, ledgerSecrets }) => {
      metrics.add('lease_renewals');
      metrics.set('lease_expires_at_ms', expiresAtMs);
      network.told(nodes);
      if (ledgerSecrets !== undefined) options.onSecrets(ledgerSecrets);
    },
    log,
    nowMs: Date.now,
  });
  const startedMs = performance.now();
  const tellAssurance = assuranceLog(log, metrics);
  return {
    evidence,
    challenges: createChallenges(() => performance.now()),
    sessions: sessionAttestation({ evidence, network, serviceFingerprint: options.serviceFingerprint }),
    lease,
    look() {
      // A network that has just begun has no primary to ask yet.
      const { leadership, primary } = options.status().consensus;
      const isLed = leadership === 'Leader' || primary !== undefined;
      if (isLed || performance.now() - startedMs > settleMs) lease.look();
      tellAssurance(network.committed.manifests.tee);
    },
    stop: () => lease.stop(),
  };
}

const levels = { none: 0, reduced: 1, full: 2 } as const;

/** Says what attestation in this network is worth, whenever that changes. */
function assuranceLog(log: Log, metrics: Metrics): (tee: TeeManifest) => void {
  let seen: TeeManifest | undefined;
  let told = '';
  return (tee) => {
    if (tee === seen) return;
    seen = tee;
    const { level, reasons } = networkAssurance(tee);
    const sentence = `attestation in this network is worth: ${[level, ...reasons].join('; ')}`;
    metrics.set('network_assurance', levels[level]);
    if (sentence !== told) log[level === 'full' ? 'info' : 'warn'](sentence, { level });
    told = sentence;
  };
}

async function askForLease(
  options: AttestingOptions,
  onWaiting: Parameters<Parameters<typeof createLeaseKeeper>[0]['ask']>[0],
  signal: AbortSignal,
): Promise<GrantedLease> {
  const { evidence, status } = options;
  return askLease({
    pin: ownPin(options, signal),
    addresses: () => whomToAsk(options),
    onWaiting,
    evidence,
    standing: () => {
      return { lastSeqno: status().consensus.last.seqno, secrets: options.isUntold() };
    },
  });
}
