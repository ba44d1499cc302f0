export { type DirectoryLock, lockDirectory } from './directoryLock.js';
export { type HardStateStore, type HardStateStoreOptions, openHardStateStore } from './hardStateStore.js';
export {
  type LedgerCut,
  type LedgerStore,
  type LedgerStoreFigures,
  type LedgerStoreOptions,
  openLedgerStore,
  type StoredEntry,
} from './ledgerStore.js';
export { createNodeDisk } from './nodeDisk.js';
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
