export { createRecovery, type Recovery } from './recovery.js';
export { createReplica } from './replica.js';
export type * from './types.js';
