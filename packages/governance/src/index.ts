export { identifyActor } from './actors/identifyActor.js';
export { constitutionDigest } from './digest.js';
export { genesisTables } from './genesis.js';
export { readNetwork, touchesNetwork } from './network.js';
export { governanceTables, policyTables } from './tables.js';
export {
  type NodeTuple,
  nodeTupleMessageType,
  nodeTuplePayload,
  nodeTupleRow,
  type TupleVerdict,
  verifyNodeTuple,
} from './tuple.js';
export type * from './types.js';
export {
  parseVotingPolicy,
  policyFor,
  readVotingPolicies,
  votesNeeded,
  votingPolicyRow,
} from './votingPolicy.js';
