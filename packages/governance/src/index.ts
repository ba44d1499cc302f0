export { identifyActor } from './actors/identifyActor.js';
export { createGovernance } from './createGovernance.js';
export { constitutionDigest } from './digest.js';
export {
  type AdmitOutcome,
  admitNode,
  type ForgetOutcome,
  forgetNode,
  recordRetired,
  renewNodeCertificate,
  snapshotEvidence,
  snapshotSeqno,
} from './framework.js';
export { genesisTables } from './genesis.js';
export { readNetwork, touchesNetwork } from './network.js';
export { govOpenApi } from './openapi/document.js';
export type { RowChange } from './proposals/change.js';
export type { ProposalEffect } from './proposals/effect.js';
export type { Rehearsal } from './proposals/rehearse.js';
export type { Tally, TallyPolicy, TallyVoter } from './proposals/tally.js';
export { constitutionFiles, defaultConstitution } from './scripts/defaultConstitution.js';
export { noBallot, yesBallot } from './scripts/plainBallots.js';
export { createScriptRunner } from './scripts/scriptRunner.js';
export type {
  ConstitutionInput,
  CountedVote,
  ScriptRunInput,
  ScriptRunner,
  ScriptRunOutcome,
  ScriptServices,
  ScriptSituation,
  ScriptStart,
  Trigger,
} from './scripts/types.js';
export { defaultGovernanceSettings } from './settings.js';
export {
  type ConstitutionSummary,
  constitutionSummary,
  type SummaryActor,
  type SummaryPolicy,
} from './summary.js';
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
