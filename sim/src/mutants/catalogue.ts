/**
 * Every mutant, by name.
 */

import { acknowledgesWholeLog } from './acknowledges-whole-log.js';
import { backupCommitsUnsigned } from './backup-commits-unsigned.js';
import { backupCommitsUnverified } from './backup-commits-unverified.js';
import { baseWithoutConfiguration } from './base-without-configuration.js';
import { baseWithoutViews } from './base-without-views.js';
import { beginsUnsigned } from './begins-unsigned.js';
import { believesRefusals } from './believes-refusals.js';
import { clearsWithoutFence } from './clears-without-fence.js';
import { commitsByAnyConfiguration } from './commits-by-any-configuration.js';
import { commitsInDoubt } from './commits-in-doubt.js';
import { commitsOlderViews } from './commits-older-views.js';
import { commitsUnsigned } from './commits-unsigned.js';
import { comparesLengthOnly } from './compares-length-only.js';
import { configurationWaitsForCommit } from './configuration-waits-for-commit.js';
import { countsItselfUnsynced } from './counts-itself-unsynced.js';
import { countsNewestConfigurationOnly } from './counts-newest-configuration-only.js';
import { countsTheUnsure } from './counts-the-unsure.js';
import { cutsOffAMajority } from './cuts-off-a-majority.js';
import { cutsOffWhenCommitted } from './cuts-off-when-committed.js';
import { dropsSignedSuffix } from './drops-signed-suffix.js';
import { electsByAnyConfiguration } from './elects-by-any-configuration.js';
import { encouragesRivals } from './encourages-rivals.js';
import { forgetsOnRefusal } from './forgets-on-refusal.js';
import { forgetsVoteInView } from './forgets-vote-in-view.js';
import { forgetsWhatEnded } from './forgets-what-ended.js';
import { forgetsWhoLeft } from './forgets-who-left.js';
import { goneNeverAnswers } from './gone-never-answers.js';
import { goneNeverVotes } from './gone-never-votes.js';
import { halfIsAQuorum } from './half-is-a-quorum.js';
import { heedsDeposedPrimary } from './heeds-deposed-primary.js';
import { heedsOldResponses } from './heeds-old-responses.js';
import { joinerCampaigns } from './joiner-campaigns.js';
import { keepsConfigurationOnRollback } from './keeps-configuration-on-rollback.js';
import { keepsConflictingEntries } from './keeps-conflicting-entries.js';
import { keepsUnsignedSuffix } from './keeps-unsigned-suffix.js';
import { keepsVoteInMemory } from './keeps-vote-in-memory.js';
import { latestViewWins } from './latest-view-wins.js';
import { leadsWithoutQuorum } from './leads-without-quorum.js';
import { longestLogWins } from './longest-log-wins.js';
import { losesHardState } from './loses-hard-state.js';
import { lowersMatch } from './lowers-match.js';
import type { Mutant } from './mutant.js';
import { recordsAnEarlierRemoval } from './records-an-earlier-removal.js';
import { recordsBeforeCommit } from './records-before-commit.js';
import { removedNeverCampaigns } from './removed-never-campaigns.js';
import { retiredNeverSilent } from './retired-never-silent.js';
import { returnTakenForCommitted } from './return-taken-for-committed.js';
import { returnedStaysGone } from './returned-stays-gone.js';
import { sendsBeforeDurable } from './sends-before-durable.js';
import { sendsReplacedEntries } from './sends-replaced-entries.js';
import { sendsWhatItLacks } from './sends-what-it-lacks.js';
import { shunsByItsLog } from './shuns-by-its-log.js';
import { silentWhenRemoved } from './silent-when-removed.js';
import { skipsLogMatching } from './skips-log-matching.js';
import { snapshotCutsLog } from './snapshot-cuts-log.js';
import { snapshotForgetsVote } from './snapshot-forgets-vote.js';
import { snapshotOfUncommitted } from './snapshot-of-uncommitted.js';
import { switchedOffTooEarly } from './switched-off-too-early.js';
import { toldBeforeDurable } from './told-before-durable.js';
import { truncatesOptimistically } from './truncates-optimistically.js';
import { truncatesToRange } from './truncates-to-range.js';
import { trustsItsDisk } from './trusts-its-disk.js';
import { votesForAnyLog } from './votes-for-any-log.js';
import { votesTwice } from './votes-twice.js';

/** All of them, in the order in which they are hunted. */
export const mutants: readonly Mutant[] = [
  electsByAnyConfiguration,
  commitsByAnyConfiguration,
  countsNewestConfigurationOnly,
  configurationWaitsForCommit,
  keepsConfigurationOnRollback,
  joinerCampaigns,
  removedNeverCampaigns,
  silentWhenRemoved,
  retiredNeverSilent,
  sendsWhatItLacks,
  switchedOffTooEarly,
  recordsBeforeCommit,
  returnedStaysGone,
  goneNeverAnswers,
  goneNeverVotes,
  returnTakenForCommitted,
  forgetsWhoLeft,
  forgetsWhatEnded,
  cutsOffAMajority,
  cutsOffWhenCommitted,
  shunsByItsLog,
  recordsAnEarlierRemoval,
  baseWithoutViews,
  baseWithoutConfiguration,
  snapshotOfUncommitted,
  snapshotForgetsVote,
  snapshotCutsLog,
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
  trustsItsDisk,
  countsTheUnsure,
  clearsWithoutFence,
  commitsInDoubt,
];

/** The mutant of that name, if there is one. */
export function findMutant(name: string): Mutant | undefined {
  return mutants.find((mutant) => mutant.name === name);
}
