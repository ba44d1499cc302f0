export type { NodeFailure, NodeReport } from './nodeReport.js';
export { type Forger, forgedAnswer } from './recovery/testing/forgedAnswer.js';
export { type ReplayTarget, streamInOrder } from './replay/orderedStream.js';
export { createProgress, type ReplayProgress } from './replay/progress.js';
export { loadReplaySet, type ReplaySet, type ReplayTransaction, replayGenesis } from './replay/replaySet.js';
export {
  type Account,
  createAccounts,
  loadAccounts,
  signerOf,
} from './sandbox/accounts.js';
export { sandboxChainId, sandboxGenesis } from './sandbox/ethereumGenesis.js';
export {
  createSandbox,
  type SandboxPaths,
  type SandboxPlan,
  sandboxExists,
  sandboxPaths,
} from './sandbox/files.js';
export { freeBasePort, freePorts } from './sandbox/freePorts.js';
export { type Network, startNetwork } from './sandbox/network.js';
export type { NodeProcess } from './sandbox/nodeProcess.js';
