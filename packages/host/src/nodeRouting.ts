/**
 * The built-in endpoints of a node, put together out of what each group of them must know.
 */
import { type Certificate, privateKeyToPem } from '@coco/crypto';
import { type NetworkView, type NodeLease, type NodeView, readEpochs } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { NodeId, Seqno } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { CommitTimes } from './commitTimes.js';
import type { NodeConfig } from './config.js';
import { custodyJson } from './custody/custodyJson.js';
import type { Freshness } from './freshness.js';
import { type NodeHistoryOptions, nodeHistory } from './history/nodeHistory.js';
import type { PastQueries } from './history/pastQueries.js';
import type { HttpResponse } from './http.js';
import type { MemberEvents } from './memberEvents.js';
import type { Metrics } from './metrics.js';
import { endorseNode } from './nodeCertificate.js';
import type { NodeKeepers } from './nodeKeepers.js';
import type { NodeParts } from './nodeParts.js';
import type { PointToPoint } from './pointToPoint/pointToPoint.js';
import { type AlarmFacts, alarmRoutes } from './routes/alarmRoutes.js';
import { govApiRoute, withApi } from './routes/apiRoutes.js';
import { type AuditReadFacts, auditReadRoute } from './routes/auditReadRoute.js';
import { auditRoutes } from './routes/auditRoutes.js';
import { auditRowsRoute } from './routes/auditRowsRoute.js';
import { constitutionRoutes } from './routes/constitutionRoutes.js';
import { dataRoutes } from './routes/dataRoutes.js';
import { eventRoutes } from './routes/eventRoutes.js';
import { challengeRoute, evidenceRoute, manifestsRoute } from './routes/evidenceRoutes.js';
import { type JoinFacts, joinRoutes } from './routes/joinRoutes.js';
import { type KeyFacts, keyRoutes } from './routes/keyRoutes.js';
import { type LeaseFacts, leaseRoutes } from './routes/leaseRoutes.js';
import { ledgerRoutes } from './routes/ledgerRoutes.js';
import { networkRoutes } from './routes/networkRoutes.js';
import { nodeRoutes } from './routes/nodeRoutes.js';
import { partialRoutes } from './routes/partialRoutes.js';
import type { Route } from './routes/route.js';
import { snapshotRoutes } from './routes/snapshotRoutes.js';
import { transactionRoutes } from './routes/transactionRoutes.js';
import { cocoVersion } from './version.js';
import type { WorkerSituation } from './workerPlacement.js';

export interface NodeRoutingOptions extends Pick<NodeHistoryOptions, 'certificatePem' | 'log'> {
  readonly config: NodeConfig;
  readonly parts: NodeParts;
  readonly keepers: NodeKeepers;
  readonly replica: Replica;
  readonly serviceCertificate: Certificate;
  readonly metrics: Metrics;
  readonly commitTimes: CommitTimes;
  readonly freshness: Freshness;
  readonly events: MemberEvents;
  readonly data: PointToPoint;
  readonly startSeqno: Seqno;
  /** As committed. */
  readonly network: () => NetworkView;
  readonly head: () => NetworkView;
  readonly tables: () => Reader;
  readonly newest: () => Reader;
  readonly contribute: KeyFacts['contribute'];
  readonly admit: JoinFacts['admit'];
  readonly renewLease: LeaseFacts['renewLease'];
  readonly forget: (nodeId: NodeId) => Promise<HttpResponse>;
  readonly raiseAlarm: AlarmFacts['raiseAlarm'];
  readonly recordRead: AuditReadFacts['recordRead'];
  readonly makeSnapshot: () => void;
}

export interface NodeRouting {
  readonly applicationRoutes: readonly Route[];
  readonly administrativeRoutes: readonly Route[];
  /** Gives up what requests may still wait for. */
  readonly giveUp: () => void;
}

export function nodeRouting(options: NodeRoutingOptions): NodeRouting {
  const { parts, replica, keepers, network, tables, admit, renewLease, serviceCertificate } = options;
  const { custody, sampling, secretsOnDisk } = keepers;
  const { nodeId } = parts.identity;
  const { evidence, challenges, lease } = keepers.attesting;
  const { platform, provesNothing } = evidence;
  const about = { nodeId, replica, network };
  const minimumSeqno = (): Seqno =>
    Math.max(replica.status().consensus.heldFrom - 1, sealedSince(options.tables()));
  const isPrimary = (): boolean => replica.isPrimary;
  const { head } = options;
  const ledgerSecrets = () => secretsOnDisk.unsealed(parts.ledger.secrets);
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
  const past = nodeHistory(options);
  const transactions = { replica, past: past.past };
  const { fingerprint: serviceFingerprint } = serviceCertificate;
  const showing = [evidenceRoute({ evidence, serviceFingerprint }), manifestsRoute({ network })];
  const administrativeRoutes = withApi('/node', [
    ...transactionRoutes('/node', transactions),
    ...ledgerRoutes({ ...past, commit: () => replica.commit }),
    ...nodeRoutes({
      ...about,
      platform,
      provesNothing,
      lease: lease.standing,
      secrets: () => custodyJson(tables(), custody, replica.status().untoldFrom),
      sampling: sampling.standing,
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
    ...showing,
    challengeRoute({ network, challenges }),
    ...joinRoutes(joining),
    ...keyRoutes({ ...about, isPrimary, contribute: options.contribute }),
    ...partialRoutes({ ...proving, ...helping(options) }),
    ...leaseRoutes({ ...about, ...proving, isPrimary, head, ledgerSecrets, custody, renewLease }),
    ...alarmRoutes({ ...about, isPrimary, raiseAlarm: options.raiseAlarm }),
    auditReadRoute({ ...about, isPrimary, recordRead: options.recordRead }),
    ...auditing(options, past.past),
    ...snapshotRoutes({
      ...about,
      snapshots: parts.snapshots,
      isPrimary,
      minimumSeqno,
      makeSnapshot: once(options.makeSnapshot),
    }),
    ...eventRoutes(options.events),
    ...dataRoutes(options.data),
  ]);
  return {
    applicationRoutes: [...withApi('/app', transactionRoutes('/app', transactions)), ...showing],
    administrativeRoutes: [...administrativeRoutes, govApiRoute],
    giveUp: () => past.history.close(),
  };
}

/** With what this node helps others to read their ledgers. */
function helping({ keepers, serviceCertificate }: NodeRoutingOptions) {
  return {
    serviceFingerprint: serviceCertificate.fingerprint,
    known: () => keepers.custody.known(),
    // One that has not heard of the network since it started is as good as locked: others may be locked for as long as it is silent.
    isOut: () => keepers.custody.isCaughtUp && isOver(keepers.attesting.lease.standing().lease),
    shares: () => keepers.custody.shares(),
  };
}

/** By this node's own clock. What others say of its lease would let one of them silence it. */
function isOver(lease: NodeLease | undefined): boolean {
  return lease !== undefined && (lease.state !== 'held' || lease.expiresAtMs <= Date.now());
}

/** For auditors. */
function auditing(
  { parts, keepers, replica, tables }: NodeRoutingOptions,
  past: PastQueries,
): readonly Route[] {
  const { ledger, identity } = parts;
  const { custody, recorder } = keepers;
  const commit = (): Seqno => replica.commit;
  const facts = { nodeId: identity.nodeId, tables, nowMs: Date.now, recorder, commit, past };
  const held = () => ledger.secretsAfter(ledger.last.seqno);
  return [
    ...auditRoutes({ ...facts, shares: () => custody.shares() }),
    auditRowsRoute({ ...facts, held, gather: (records) => custody.gather(records) }),
  ];
}

/** In older tables some secrets are not sealed to the network's key yet: who begins there cannot have them brought back. */
function sealedSince(tables: Reader): Seqno {
  return Math.max(0, ...readEpochs(tables).map(({ sealedAt }) => sealedAt ?? 0));
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
  { parts, keepers, serviceCertificate, network }: NodeRoutingOptions,
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
    ledgerSecrets: keepers.secretsOnDisk.unsealed(parts.ledger.secrets),
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
