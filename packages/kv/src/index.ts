export { type StoreLimits, storeLimitsDefault } from './limits.js';
export { createStore } from './store.js';
export type * from './types.js';
