export { assemble, initcode } from './assemble.js';
export { type LibraryState, type LibraryWorkload, loadLibraryWorkload } from './contracts/libraryEvm.js';
export {
  createWorkloads,
  type EngineWorkload,
  runWorkload,
  type WorkloadResult,
} from './contracts/workloads.js';
export {
  ERC20_ABI,
  ERC20_INITCODE,
  ERC20_SIGNATURES,
  ERC20_SUPPLY,
  erc20BalanceOf,
  erc20Transfer,
} from './erc20.js';
export { replayGenesis, replayTransactions } from './replaySet.js';
export { sharedData } from './sharedData.js';
export { createSigner, numberedSigner, type Signer } from './signer.js';
