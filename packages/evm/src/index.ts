export { createEvm, type Evm, type EvmOptions } from './createEvm.js';
export { activatesByTime, FORKS, forkRules, isActive } from './forks.js';
export { contractAddress } from './interpreter/contractAddress.js';
export { INITCODE_BYTES_MAX } from './interpreter/createOps.js';
export { opcodeName } from './interpreter/opcodes.js';
export { isDelegation } from './interpreter/program.js';
export type { Account, Slot } from './journal/account.js';
export { Journal, type Mark, type Precompiles } from './journal/journal.js';
export { keccak256 } from './keccak.js';
export { recoverPublicKey } from './precompiles/ecrecover.js';
export { precompilesOf } from './precompiles/registry.js';
export type {
  Pause,
  Precompile,
  PrecompileOptions,
  PrecompileRegistry,
  RecoverPublicKey,
  VerifyKzgProof,
  VerifyP256,
} from './precompiles/types.js';
export { refusalText } from './refusal.js';
export type { CallKind, TracedCall, TracedResult, TracedStep, Tracer } from './tracer.js';
export type { Message } from './transaction/message.js';
export {
  GAS_PER_BLOB,
  OSAKA_TRANSACTION_GAS_MAX,
  type PrecheckState,
  precheck,
} from './transaction/precheck.js';
export {
  type Beginning,
  type Begun,
  beginCall,
  beginTransaction,
  finish,
  type MessageResult,
} from './transaction/settle.js';
export type * from './types.js';
export { bytesWord, type Word, wordBytes } from './words/word.js';
