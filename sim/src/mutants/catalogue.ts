/**
 * Every mutant, by name.
 */
import { acknowledgesWholeLog } from './acknowledges-whole-log.js';
import { backupCommitsUnsigned } from './backup-commits-unsigned.js';
import { backupCommitsUnverified } from './backup-commits-unverified.js';
import { beginsUnsigned } from './begins-unsigned.js';
import { believesRefusals } from './believes-refusals.js';
import { commitsByAnyConfiguration } from './commits-by-any-configuration.js';
import { commitsOlderViews } from './commits-older-views.js';
import { commitsUnsigned } from './commits-unsigned.js';
import { comparesLengthOnly } from './compares-length-only.js';
import { countsItselfUnsynced } from './counts-itself-unsynced.js';
import { dropsSignedSuffix } from './drops-signed-suffix.js';
import { electsByAnyConfiguration } from './elects-by-any-configuration.js';
import { encouragesRivals } from './encourages-rivals.js';
import { forgetsOnRefusal } from './forgets-on-refusal.js';
import { forgetsVoteInView } from './forgets-vote-in-view.js';
import { halfIsAQuorum } from './half-is-a-quorum.js';
import { heedsDeposedPrimary } from './heeds-deposed-primary.js';
import { heedsOldResponses } from './heeds-old-responses.js';
import { keepsConflictingEntries } from './keeps-conflicting-entries.js';
import { keepsUnsignedSuffix } from './keeps-unsigned-suffix.js';
import { keepsVoteInMemory } from './keeps-vote-in-memory.js';
import { latestViewWins } from './latest-view-wins.js';
import { leadsWithoutQuorum } from './leads-without-quorum.js';
import { longestLogWins } from './longest-log-wins.js';
import { losesHardState } from './loses-hard-state.js';
import { lowersMatch } from './lowers-match.js';
import type { Mutant } from './mutant.js';
import { sendsBeforeDurable } from './sends-before-durable.js';
import { sendsReplacedEntries } from './sends-replaced-entries.js';
import { skipsLogMatching } from './skips-log-matching.js';
import { toldBeforeDurable } from './told-before-durable.js';
import { truncatesOptimistically } from './truncates-optimistically.js';
import { truncatesToRange } from './truncates-to-range.js';
import { votesForAnyLog } from './votes-for-any-log.js';
import { votesTwice } from './votes-twice.js';

/** All of them, in the order in which they are hunted. */
export const mutants: readonly Mutant[] = [
  electsByAnyConfiguration,
  commitsByAnyConfiguration,
  votesTwice,
  votesForAnyLog,
  longestLogWins,
  latestViewWins,
  forgetsVoteInView,
  keepsVoteInMemory,
  losesHardState,
  halfIsAQuorum,
  countsItselfUnsynced,
  toldBeforeDurable,
  sendsBeforeDurable,
  commitsOlderViews,
  commitsUnsigned,
  backupCommitsUnverified,
  backupCommitsUnsigned,
  heedsDeposedPrimary,
  skipsLogMatching,
  comparesLengthOnly,
  keepsConflictingEntries,
  truncatesToRange,
  truncatesOptimistically,
  acknowledgesWholeLog,
  heedsOldResponses,
  lowersMatch,
  believesRefusals,
  forgetsOnRefusal,
  keepsUnsignedSuffix,
  dropsSignedSuffix,
  leadsWithoutQuorum,
  encouragesRivals,
  beginsUnsigned,
  sendsReplacedEntries,
];

/** The mutant of that name, if there is one. */
export function findMutant(name: string): Mutant | undefined {
  return mutants.find((mutant) => mutant.name === name);
}
