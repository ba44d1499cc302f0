export { activatesByTime, FORKS, forkRules, isActive } from './forks.js';
export { refusalText } from './refusal.js';
export type * from './types.js';
