/**
 * The built-in endpoints of a node, put together out of what each group of them must know.
 */
import { type Certificate, privateKeyToPem } from '@coco/crypto';
import type { NetworkView, NodeView } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { NodeId, Seqno } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { Attesting } from './attestation/attesting.js';
import type { CommitTimes } from './commitTimes.js';
import type { NodeConfig } from './config.js';
import type { Freshness } from './freshness.js';
import type { HttpResponse } from './http.js';
import type { MemberEvents } from './memberEvents.js';
import type { Metrics } from './metrics.js';
import { endorseNode } from './nodeCertificate.js';
import type { NodeParts } from './nodeParts.js';
import { govApiRoute, withApi } from './routes/apiRoutes.js';
import { constitutionRoutes } from './routes/constitutionRoutes.js';
import { eventRoutes } from './routes/eventRoutes.js';
import { challengeRoute, evidenceRoute } from './routes/evidenceRoutes.js';
import { type JoinFacts, joinRoutes } from './routes/joinRoutes.js';
import { type LeaseFacts, leaseRoutes } from './routes/leaseRoutes.js';
import { networkRoutes } from './routes/networkRoutes.js';
import { nodeRoutes } from './routes/nodeRoutes.js';
import type { Route } from './routes/route.js';
import { snapshotRoutes } from './routes/snapshotRoutes.js';
import { transactionRoutes } from './routes/transactionRoutes.js';
import { cocoVersion } from './version.js';
import type { WorkerSituation } from './workerPlacement.js';

export interface NodeRoutingOptions {
  readonly config: NodeConfig;
  readonly parts: NodeParts;
  readonly attesting: Attesting;
  readonly replica: Replica;
  readonly serviceCertificate: Certificate;
  readonly metrics: Metrics;
  readonly commitTimes: CommitTimes;
  readonly freshness: Freshness;
  readonly events: MemberEvents;
  readonly startSeqno: Seqno;
  /** As committed. */
  readonly network: () => NetworkView;
  readonly head: () => NetworkView;
  readonly tables: () => Reader;
  readonly admit: JoinFacts['admit'];
  readonly renewLease: LeaseFacts['renewLease'];
  readonly forget: (nodeId: NodeId) => Promise<HttpResponse>;
  readonly makeSnapshot: () => void;
}

export interface NodeRouting {
  readonly applicationRoutes: readonly Route[];
  readonly administrativeRoutes: readonly Route[];
}

export function nodeRouting(options: NodeRoutingOptions): NodeRouting {
  const { parts, replica, attesting, network, tables, admit, renewLease, serviceCertificate } = options;
  const { nodeId } = parts.identity;
  const { evidence, challenges, lease } = attesting;
  const { platform, provesNothing } = evidence;
  const about = { nodeId, replica, network };
  const minimumSeqno = (): Seqno => replica.status().consensus.heldFrom - 1;
  const isPrimary = (): boolean => replica.isPrimary;
  const { head } = options;
  const ledgerSecrets = () => parts.ledger.settledSecrets;
  const proving = { challenges, nowMs: Date.now };
  const joining: JoinFacts = {
    ...about,
    ...proving,
    serviceCertificate,
    isPrimary,
    tables,
    minimumSeqno,
    head,
    ledgerSecrets,
    secretsFor: (node, certificate) => secretsFor(options, node, certificate),
    admit,
  };
  const showing = evidenceRoute({ evidence, serviceFingerprint: serviceCertificate.fingerprint });
  const administrativeRoutes = withApi('/node', [
    ...transactionRoutes('/node', replica),
    ...nodeRoutes({
      ...about,
      platform,
      provesNothing,
      lease: lease.standing,
      startSeqno: options.startSeqno,
      version: cocoVersion,
      selfSignedCertificatePem: parts.identity.certificate.pem,
      settings: publicSettings(options.config, parts.worker.situation),
      metrics: options.metrics,
      commitTimes: options.commitTimes,
      outOfTouchMs: options.freshness.outOfTouchMs,
    }),
    ...networkRoutes({ ...about, forget: options.forget }),
    ...constitutionRoutes({ network, tables }),
    showing,
    challengeRoute({ network, challenges }),
    ...joinRoutes(joining),
    ...leaseRoutes({ ...about, ...proving, isPrimary, head, ledgerSecrets, renewLease }),
    ...snapshotRoutes({
      ...about,
      snapshots: parts.snapshots,
      isPrimary,
      minimumSeqno,
      makeSnapshot: once(options.makeSnapshot),
    }),
    ...eventRoutes(options.events),
  ]);
  return {
    applicationRoutes: [...withApi('/app', transactionRoutes('/app', replica)), showing],
    administrativeRoutes: [...administrativeRoutes, govApiRoute],
  };
}

/** Joining nodes ask every second; one snapshot is enough for a while. */
const snapshotPauseMs = 30_000;

function once(makeSnapshot: () => void): () => void {
  let askedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - askedMs < snapshotPauseMs) return;
    askedMs = performance.now();
    makeSnapshot();
  };
}

function secretsFor(
  { parts, serviceCertificate, network }: NodeRoutingOptions,
  node: NodeView,
  { publicKey }: Certificate,
): ReturnType<JoinFacts['secretsFor']> {
  const { serviceKey } = parts.secrets;
  const certificate = endorseNode({
    publicKey,
    addresses: [node.applicationAddress, node.administrativeAddress, node.peerAddress],
    days: network().nodeCertificateDays,
    nowMs: Date.now(),
    service: { key: serviceKey, certificate: serviceCertificate },
  });
  return {
    serviceCertificatePem: serviceCertificate.pem,
    serviceKeyPem: privateKeyToPem(serviceKey),
    ledgerSecrets: parts.ledger.settledSecrets,
    certificatePem: certificate.pem,
  };
}

function publicSettings(
  { platform, admitAnonymous, ledger, snapshot, replica }: NodeConfig,
  worker: WorkerSituation,
) {
  return {
    worker,
    platform,
    admit_anonymous: admitAnonymous,
    ledger_chunk_bytes: ledger.chunkBytesMax,
    snapshot_entries: replica.snapshotEntries,
    snapshot_keep: snapshot.keep,
    consensus: {
      election_timeout_ms: replica.consensus.electionTimeoutMs,
      heartbeat_ms: replica.consensus.heartbeatMs,
    },
  };
}
