/**
 * Ballots that just say yes or no, as scripts.
 */
export const yesBallot = 'export function vote (rawProposal, proposerId) { return true; }';
export const noBallot = 'export function vote (rawProposal, proposerId) { return false; }';
