export {
  type AdapterChoice,
  type Address,
  loadConfig,
  loadGenesis,
  type NodeConfig,
  type NodeEntry,
} from './config.js';
export { type DirectoryLock, lockDirectory } from './directoryLock.js';
export { type HardStateStore, type HardStateStoreOptions, openHardStateStore } from './hardStateStore.js';
export {
  type Actor,
  type Actors,
  defaultHttpLimits,
  type HttpEndpoint,
  type HttpFigures,
  type HttpLimits,
  type HttpOptions,
  type HttpRequest,
  type HttpResponse,
  openHttp,
} from './http.js';
export {
  type LedgerCut,
  type LedgerStore,
  type LedgerStoreFigures,
  type LedgerStoreOptions,
  openLedgerStore,
  type StoredEntry,
} from './ledgerStore.js';
export { createLog, type Log, type LogLevel, type LogOptions } from './log.js';
export { createMetrics, type Latency, type Metrics, type MetricsSnapshot } from './metrics.js';
export { type NodeOptions, type RunningNode, startNode } from './node.js';
export { createNodeDisk } from './nodeDisk.js';
export { loadNodeSecrets, type NodeSecrets, saveNodeSecrets } from './nodeSecrets.js';
export {
  type FrameClass,
  type KnownNode,
  openPeers,
  type PeerAddress,
  type PeerEvent,
  type PeerLimits,
  type Peers,
  type PeersCounters,
  type PeersOptions,
} from './peers.js';
export type { Sealer } from './sealer.js';
export { realTiming, type Timing } from './timing.js';
export { openVirtualSealer } from './virtualSealer.js';
export { openWorkerChannel, type WorkerChannel, type WorkerChannelOptions } from './workerChannel.js';
