export { defaultScriptLimits } from './limits.js';
export { loadSandbox } from './sandbox.js';
export type * from './types.js';
