export type * from './boundary.js';
export {
  differingKeyBytesMax,
  differingRowsMax,
  fromWorkerBytesMax,
  toWorkerBytesMax,
} from './codec/messageLimits.js';
export type { ComplianceSubject, ConfidentialSamples, MakeSubject } from './compliance/subject.js';
export { adapterCompliance, type ComplianceCheck } from './compliance.js';
export { decodeFromWorker, encodeFromWorker } from './fromWorkerCodec.js';
export { type PartyPolicy, type PartyRule, partiesMax, recordBodyBytesMax } from './partyRecordRow.js';
export {
  type ActorCaller,
  type PartyAccess,
  type PartyPredicate,
  type PartyRange,
  type PartyRecord,
  type PartyRecords,
  type PartyRecordsOptions,
  type PartyRecordsReader,
  partyRecords,
  partyRecordsReader,
} from './partyRecords.js';
export {
  type CounterAdapter,
  type CounterItem,
  type CounterResult,
  counterTables,
  createCounterAdapter,
} from './testing/counter-adapter.js';
export { addSecretly, createRecordedCounter, recordedItems } from './testing/recorded-counter.js';
export { decodeToWorker, encodeToWorker } from './toWorkerCodec.js';
export type * from './types.js';
