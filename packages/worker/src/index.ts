export type * from './types.js';
export { type AnyAdapter, createWorker, type Worker, type WorkerStart } from './worker.js';
