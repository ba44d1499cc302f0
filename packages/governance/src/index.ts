export { identifyActor } from './actors/identifyActor.js';
export { type Alarm, type AlarmRow, alarmRow, parseAlarm } from './alarmRow.js';
export {
  type AlarmOutcome,
  alarmBytes,
  alarmKey,
  alarmRefusal,
  alarmsPerNodeMax,
  raiseAlarm,
} from './alarms.js';
export {
  type AuditGrant,
  type AuditRange,
  epochSpan,
  grantedSeqnos,
  parseAuditGrant,
  readAuditGrant,
} from './audits/auditGrant.js';
export {
  type AuditedPart,
  type AuditRead,
  type AuditReadOutcome,
  type AuditRefusal,
  auditEpochsMax,
  auditReadKey,
  auditReadRow,
  auditReadsMax,
  auditRefusal,
  grantRefusal,
  parseAuditRead,
  recordAuditRead,
} from './audits/auditRead.js';
export { createGovernance } from './createGovernance.js';
export {
  type AttestationCase,
  type AttestationDecision,
  decideAttestation,
  networkDigest,
  recordRefusal,
} from './decideAttestation.js';
export { constitutionDigest } from './digest.js';
export { type AttestationRecord, readAttestation } from './evidenceRow.js';
export {
  type AdmitInput,
  type AdmitOutcome,
  admitNode,
  type ForgetOutcome,
  forgetNode,
  isOpening,
  openRecovered,
  recordRetired,
  renewNodeCertificate,
  snapshotEvidence,
  snapshotSeqno,
} from './framework.js';
export { genesisTables } from './genesis.js';
export {
  distrustedByVote,
  isQuarantined,
  type LeasePolicy,
  leaseRow,
  readLease,
  readLeasePolicy,
} from './leases.js';
export {
  concernsOutsiders,
  currentEpoch,
  isRekeyDue,
  type MadeSecret,
  type SecretRecipient,
  type SecretTime,
  secretRecipients,
  unsealedEpochs,
  writeLedgerSecret,
} from './ledgerSecret.js';
export { manifestTables, parseCodeRow, readManifests } from './manifests.js';
export { readNetwork, touchesNetwork } from './network.js';
export { type AdvanceInput, advanceCeremony, isCeremonyDue } from './networkKey/advance.js';
export { type ContributeInput, contributeToKey } from './networkKey/contribute.js';
export {
  decodeKeyContribution,
  encodeKeyContribution,
  keyContributionBytesMax,
} from './networkKey/contribution.js';
export { epochLabel, readEpoch, readEpochs, sealEpoch } from './networkKey/epochs.js';
export { readNetworkKey } from './networkKey/keyRow.js';
export { keysIn } from './networkKey/keysIn.js';
export { finishOwnShare, type OwnShareInput, type ShareFault } from './networkKey/ownShare.js';
export { createKeyParticipant } from './networkKey/participant.js';
export { type EpochPlace, isSealed, sealSecret } from './networkKey/sealSecret.js';
export { secretsPolicy } from './networkKey/secretsPolicy.js';
export type * from './networkKey/types.js';
export { keyTrouble } from './networkKey/wantedSharing.js';
export { govOpenApi } from './openapi/document.js';
export { dataEnd, dataNodes, isDataParty } from './pointToPoint/dataAccess.js';
export {
  type DataRow,
  dataBytesMax,
  dataDigest,
  dataPartiesMax,
  dataRows,
  dataSaltBytes,
  isDataId,
  readDataRow,
} from './pointToPoint/dataRow.js';
export type { RowChange } from './proposals/change.js';
export type { ProposalEffect } from './proposals/effect.js';
export type { Rehearsal } from './proposals/rehearse.js';
export type { Tally, TallyPolicy, TallyVoter } from './proposals/tally.js';
export {
  answerEpochs,
  answerSealing,
  badEpochs,
  type EpochProgress,
  openRecoveryAnswer,
  type RecoveryAnswer,
  recoveryAnswerPayload,
} from './recovery/answer.js';
export { combineEpochs, tooFew } from './recovery/combineEpochs.js';
export {
  commonNameOf,
  endorsementsAt,
  type FormerServiceRecord,
  readFormerServices,
  withEndorsements,
} from './recovery/formerServices.js';
export { heldShare, keptShareOf } from './recovery/heldShare.js';
export { type RecoveredService, recoverService } from './recovery/recoverService.js';
export {
  openRecoveryRequest,
  type RecoveryPlan,
  type RecoveryRequest,
  recoveryRequestPayload,
} from './recovery/request.js';
export type { SealedEpoch } from './recovery/sealedEpochs.js';
export { type RecoveryMessageType, recoveryMessageBytesMax } from './recovery/signedMessage.js';
export { type RenewalOutcome, renewLease } from './renewLease.js';
export {
  distrustedNodes,
  isOver,
  type Lapse,
  leaseGraceMs,
  type Review,
  type ReviewInput,
  reviewNodes,
} from './reviewNodes.js';
export { readSampleFraction, sampleFractionDefault } from './sampling.js';
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
export { parseTeeRow, type TeeRow } from './teeRow.js';
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
