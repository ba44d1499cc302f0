export { createRaft } from './raft.js';
export { type RaftRules, raftRules } from './rules.js';
export type * from './types.js';
