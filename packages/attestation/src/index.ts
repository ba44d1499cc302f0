export { refused } from './refused.js';
export type * from './types.js';
