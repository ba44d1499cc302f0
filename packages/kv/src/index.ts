export { type StoreLimits, storeLimitsDefault } from './limits.js';
export { restoreStore } from './restore.js';
export { createStore } from './store.js';
export type * from './types.js';
