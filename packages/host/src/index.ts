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
export type { Sealer } from './sealer.js';
export { openVirtualSealer } from './virtualSealer.js';
