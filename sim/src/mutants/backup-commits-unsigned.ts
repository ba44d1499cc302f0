/**
 * Broken on purpose: a backup rounds its commit down to a signature (CCF): here it does not.
 */
import type { Mutant } from './mutant.js';

export const backupCommitsUnsigned: Mutant = {
  name: 'backup-commits-unsigned',
  breaks: 'A backup rounds its commit down to a signature (CCF): here it does not.',
  rules: { roundToSignature: ({ seqno }) => seqno },
};
