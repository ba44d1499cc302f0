export type { AnyAdapter } from './adapters.js';
export type * from './types.js';
export { createWorker, type Worker, type WorkerStart } from './worker.js';
