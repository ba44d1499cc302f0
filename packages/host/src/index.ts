export { type Address, formatAddress, parseAddress } from './address.js';
export type { ProvedNode } from './attestation/checkNode.js';
export { type AttestationSettings, readAttestationSettings } from './attesters/attestationSettings.js';
export { type Attester, type AttesterOptions, openAttester } from './attesters/attester.js';
export { type AdapterChoice, type JoinSettings, loadConfig, type NodeConfig } from './config.js';
export { createEpochKeys, type EpochKeys } from './custody/epochKeys.js';
export { type Askable, type GatherOptions, gatherSecrets } from './custody/gatherSecrets.js';
export { loadKeyShares, saveKeyShares } from './custody/keyShares.js';
export { partialsOf } from './custody/partials.js';
export { decodePartialsAnswers, type PartialsAnswer } from './custody/partialsMessages.js';
export { type SecretSealing, secretSealing } from './custody/secretSealing.js';
export { type DirectoryLock, lockDirectory } from './directoryLock.js';
export { loadGenesis } from './genesisFile.js';
export { type HardStateStore, type HardStateStoreOptions, openHardStateStore } from './hardStateStore.js';
export {
  type Admission,
  defaultHttpLimits,
  type HttpEndpoint,
  type HttpFigures,
  type HttpLimits,
  type HttpOptions,
  type HttpRequest,
  type HttpResponse,
  type HttpStream,
  openHttp,
} from './http.js';
export {
  type JoinedNode,
  type JoinOptions,
  type JoinProgress,
  joinNetwork,
  type ShownConstitution,
} from './joinNetwork.js';
export {
  type LedgerCut,
  type LedgerStore,
  type LedgerStoreFigures,
  type LedgerStoreOptions,
  openLedgerStore,
  type StoredEntry,
} from './ledgerStore.js';
export { createLog, type Log, type LogLevel, type LogOptions } from './log.js';
export { type CodeMeasurement, type MeasureOptions, measureCode } from './measure/measureCode.js';
export type { MeasuredComponent, MeasuredFile } from './measure/treeDigest.js';
export { createMetrics, type Latency, type Metrics, type MetricsSnapshot } from './metrics.js';
export { type NodeOptions, type RunningNode, startNode } from './node.js';
export { type EndorseOptions, endorseNode, selfSignedNodeCertificate } from './nodeCertificate.js';
export { createNodeDisk } from './nodeDisk.js';
export { createNodeIdentityFiles, type NodeIdentity, type NodeIdentityOptions } from './nodeIdentity.js';
export {
  loadMembership,
  loadNodeSecrets,
  type NodeMembership,
  type NodeSecrets,
  saveMembership,
  saveNodeSecrets,
} from './nodeSecrets.js';
export {
  type FrameClass,
  type KnownNode,
  openPeers,
  type PeerEvent,
  type PeerLimits,
  type Peers,
  type PeersCounters,
  type PeersOptions,
} from './peers.js';
export { type Pin, type PinnedAnswer, type PinnedRequest, pinnedRequest } from './pinnedRequest.js';
export { preventDumps } from './preventDumps.js';
export { type GoneOn, type GoOnOptions, goOn } from './recovery/goOn.js';
export {
  checkUnchanged,
  furthest,
  type LostLedger,
  type LostLedgerOptions,
  readLostLedger,
} from './recovery/lostLedger.js';
export { loadRecoveryKey, makeRecoveryKey, removeRecoveryKey } from './recovery/recoveryKey.js';
export {
  type RecoveredContents,
  type ReplayCopyOptions,
  type ReplayedCopy,
  replayCopy,
} from './recovery/replayCopy.js';
export type { Sealer } from './sealer.js';
export { openSnapshotFiles, type SnapshotFile, type SnapshotFiles } from './snapshotFiles.js';
export { realTiming, type Timing } from './timing.js';
export { openVirtualSealer } from './virtualSealer.js';
export { openWorkerChannel, type WorkerChannel, type WorkerChannelOptions } from './workerChannel.js';
export type { WorkerIsolation, WorkerPlacement, WorkerSituation } from './workerPlacement.js';
