export type * from './boundary.js';
export type * from './types.js';
