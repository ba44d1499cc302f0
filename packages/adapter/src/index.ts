export type * from './boundary.js';
export type { ComplianceSubject, MakeSubject } from './compliance/subject.js';
export { adapterCompliance, type ComplianceCheck } from './compliance.js';
export {
  type CounterAdapter,
  type CounterItem,
  type CounterResult,
  counterTables,
  createCounterAdapter,
} from './testing/counter-adapter.js';
export type * from './types.js';
