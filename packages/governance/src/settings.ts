/**
 * Limits of governance, with what they were chosen by: a constitution of hundreds of kilobytes (CCF's default has about 50,
 * and takes 120 steps a run) and a JavaScript app in one proposal must fit: with one of 2 MiB `validate` and `resolve` take
 * about 1,700 steps each, `apply` about 2,600. No request may keep the primary busy for more than about a second, in which
 * 10,000 steps are done; one script may take all that its request has left for it (see proposals/scope.ts).
 */
import type { GovernanceSettings } from './types.js';

export const defaultGovernanceSettings: GovernanceSettings = {
  scripts: {
    sourceBytesMax: 4 << 20,
    heapBytesMax: 64 << 20,
    stackBytesMax: 512 << 10,
    stepsMax: 10_000,
    valueBytesMax: 8 << 20,
  },
  requestStepsMax: 10_000,
  proposalBytesMax: 2 << 20,
  ballotBytesMax: 64 << 10,
  openProposalsMax: 20,
};
