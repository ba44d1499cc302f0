export * from './tables.js';
export type * from './types.js';
