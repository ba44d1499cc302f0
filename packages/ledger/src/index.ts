export {
  type AuditFailure,
  type AuditOptions,
  type AuditProgress,
  type AuditReport,
  auditLedger,
} from './audit.js';
export type { AuditedSnapshot } from './audit-snapshots.js';
export type { ServiceRecord } from './audit-state.js';
export { type ChunkSource, chunkHeader, chunkHeaderBytes, chunkOfBytes, encodePositions } from './chunk.js';
export { type ChunkIndex, type IndexChunkOptions, indexChunk } from './chunk-index.js';
export { type ChunkName, chunkName, parseChunkName } from './chunk-name.js';
export { type ChunkEnd, type ChunkEntry, type ReadChunkOptions, readChunk } from './chunk-read.js';
export { nextConfiguration, nextLeaving } from './configuration.js';
export { type DescribeOptions, describeEntry } from './describe.js';
export { type EndorsementInput, encodeEndorsement, readEndorsement } from './endorsement.js';
export { type EntryLayout, entryLeaf, parseEntry } from './entry.js';
export { keyedDigest } from './keyed-digest.js';
export { createLedger } from './ledger.js';
export {
  firstSnapshot,
  type LedgerFile,
  orderFiles,
  orderSnapshots,
  type SnapshotFile,
} from './ledger-files.js';
export { type ReadEntry, type ReadLedgerOptions, readLedger } from './ledger-read.js';
export type { LedgerStart } from './ledger-start.js';
export {
  checkMaps,
  type DecodeMapsOptions,
  decodeMaps,
  encodeMaps,
  firstTable,
  splitDomains,
} from './maps.js';
export { openPastEntry, pastCoseReceipt, pastEntry, pastReceipt } from './past-entry.js';
export {
  type CoseReceiptVerdict,
  type ExaminedCoseReceipt,
  examineCoseReceipt,
  verifyCoseReceipt,
} from './receipt-cose.js';
export { type ExaminedReceipt, examineReceipt, type ReceiptTransaction } from './receipt-examine.js';
export { type ReceiptVerdict, verifyReceipt } from './receipt-verify.js';
export {
  combineShares,
  type DecryptShare,
  parseShare,
  type RecoveryShare,
  recoverLedgerSecrets,
  unwrapSecret,
} from './recovery-shares.js';
export {
  encodeSecretRow,
  formerIn,
  readSecretRow,
  type SecretRow,
  secretDigest,
  secretFor,
} from './rekey.js';
export { createSecrets, evidenceOnly, type GrowingSecrets, noSecret, type Secrets } from './secrets.js';
export { type FormerService, serviceAt } from './service-checkers.js';
export { parseSnapshotName, type SnapshotName, snapshotName } from './snapshot-name.js';
export { type OpenSnapshotOptions, openPublicSnapshot, openSnapshot } from './snapshot-open.js';
export { readSnapshot } from './snapshot-read.js';
export {
  decodeSnapshotTables,
  encodeSnapshotTables,
  readSnapshotTables,
  type SplitSnapshotOptions,
  splitSnapshotTables,
} from './snapshot-tables.js';
export {
  type SnapshotVerdict,
  snapshotFile,
  snapshotReceiptBytes,
  verifySnapshot,
} from './snapshot-verify.js';
export { ledgerTables, singletonKey } from './tables.js';
export { isPartOf, nodesAfter, type TreeEdge, type TreeNode, type TreeNodes } from './tree-path.js';
export type * from './types.js';
