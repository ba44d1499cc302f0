export { AssertionError, assert, assertNever } from './assert.js';
export {
  compareBytes,
  concatBytes,
  equalBytes,
  fixedBytes,
  fixedCopy,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from './bytes.js';
export { CocoError, type ErrorFacts } from './error.js';
export {
  compareTxIds,
  formatTxId,
  type NodeId,
  parseTxId,
  type Seqno,
  type TxId,
  type TxStatus,
  type View,
} from './ids.js';
export { type Random, seededRandom } from './random.js';
export { ByteReader } from './reader.js';
export { ByteWriter } from './writer.js';
