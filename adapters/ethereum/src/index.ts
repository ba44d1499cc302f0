export { createEthereumAdapter, type EthereumAdapter, type EthereumAdapterOptions } from './adapter.js';
export { claimsDigest } from './block.js';
export {
  readBlock,
  readBlockHash,
  readBlockNumber,
  readChainConfig,
  readHead,
  readHeadNumber,
  readPlace,
  readReceipt,
  readTransaction,
  type StoredTransaction,
} from './chain.js';
export { CodeCache } from './codeCache.js';
export { createAddress } from './codec/address.js';
export { logsBloom, mayContain } from './codec/bloom.js';
export { type DecodeOptions, decodeTransaction, TRANSACTION_BYTES_MAX } from './codec/decodeTransaction.js';
export {
  encodeTransaction,
  type SignedFields,
  signingHash,
  type UnsignedFields,
} from './codec/encodeTransaction.js';
export { keccak256 } from './codec/keccak.js';
export { decodeRlp, encodeRlp, type Rlp, type RlpLimits } from './codec/rlp.js';
export { recoverSender } from './codec/signature.js';
export { createAdapter, type LoadedEthereumAdapter } from './createAdapter.js';
export { createCocoEvmEngine } from './engine/coco.js';
export { createEthereumjsEngine } from './engine/ethereumjs.js';
export { environmentOf, nextEnvironment } from './environment.js';
export { type Executor, executeBatch } from './execute.js';
export { defaultGenesisLimits, type Genesis, type GenesisLimits, parseGenesis } from './genesis/parse.js';
export { writeGenesis } from './genesis/write.js';
export { createRecovery, type Recovery } from './recovery/pool.js';
export { refusalText } from './refusal.js';
export { defaultRpcSettings, type RpcSettings } from './rpc/settings.js';
export { defaultSettings } from './settings.js';
export { TABLES } from './tables.js';
export { createSigner, type Signer } from './testing/signer.js';
export type * from './types.js';
