export { type DirectoryLock, lockDirectory } from './directoryLock.js';
export {
  type LedgerCut,
  type LedgerStore,
  type LedgerStoreFigures,
  type LedgerStoreOptions,
  openLedgerStore,
  type StoredEntry,
} from './ledgerStore.js';
