export { isGovernanceTable } from './dividedMaps.js';
export { createRecovery, type RecoveredLog, type Recovery } from './recovery.js';
export { createReplica } from './replica.js';
export { type RestoredSnapshot, restoreSnapshot } from './restoreSnapshot.js';
export type * from './types.js';
