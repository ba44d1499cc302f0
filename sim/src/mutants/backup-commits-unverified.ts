/**
 * Broken on purpose: a backup commits no further than the message proved equal (etcd PR 8172): here as far as its own log reaches.
 */
import type { Mutant } from './mutant.js';

export const backupCommitsUnverified: Mutant = {
  name: 'backup-commits-unverified',
  breaks:
    'A backup commits no further than the message proved equal (etcd PR 8172): here as far as its own log reaches.',
  rules: { commitOnBackup: ({ primaryCommit, last }) => Math.min(primaryCommit, last) },
};
