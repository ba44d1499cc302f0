export { parseManifests, platforms } from './parseManifests.js';
export { refused } from './refused.js';
export type * from './types.js';
