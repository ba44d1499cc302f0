/**
 * Limits of governance, with what they were chosen by: a constitution of hundreds of kilobytes (CCF's default has about
 * 60) and a JavaScript app in one proposal must fit; a hostile member may not stop the primary for more than about a second.
 */
import type { GovernanceSettings } from './types.js';

export const defaultGovernanceSettings: GovernanceSettings = {
  scripts: {
    sourceBytesMax: 4 << 20,
    heapBytesMax: 64 << 20,
    stackBytesMax: 1 << 20,
    stepsMax: 2_000,
    valueBytesMax: 8 << 20,
  },
  requestStepsMax: 10_000,
  proposalBytesMax: 2 << 20,
  ballotBytesMax: 64 << 10,
  openProposalsMax: 20,
};
