/**
 * Every rule that a run is held to while it runs. What must hold after healing is in liveness.ts.
 */
import type { World } from '../world/world.js';
import { acknowledgement } from './acknowledgement.js';
import { appendRange } from './append-range.js';
import { backupCommit } from './backup-commit.js';
import type { Checker } from './checker.js';
import { commitAgreement } from './commit-agreement.js';
import { commitAtSignature } from './commit-at-signature.js';
import { commitMonotonic } from './commit-monotonic.js';
import { configurationsFollow } from './configurations-follow.js';
import { durableMajority } from './durable-majority.js';
import { electedByMajority } from './elected-by-majority.js';
import { electionSafety } from './election-safety.js';
import { falseAlarm } from './false-alarm.js';
import { hardStateFirst } from './hard-state-first.js';
import { leaderAppend } from './leader-append.js';
import { leaderCompleteness } from './leader-completeness.js';
import { logMatching } from './log-matching.js';
import { membersLead } from './members-lead.js';
import { messageStorm } from './message-storm.js';
import { nothingAfterQuarantine } from './nothing-after-quarantine.js';
import { oneVote } from './one-vote.js';
import { peerMatch } from './peer-match.js';
import { peersFollow } from './peers-follow.js';
import { retirementFollows } from './retirement-follows.js';
import { silence } from './silence.js';
import { stateMachineSafety } from './state-machine-safety.js';
import { transactionStatus } from './transaction-status.js';
import { truncation } from './truncation.js';
import { viewChange } from './view-change.js';
import { voteInView } from './vote-in-view.js';

/** The rules that look at the whole cluster. */
export function globalCheckers(world: World): Checker[] {
  return [
    electionSafety(),
    oneVote(),
    logMatching(),
    leaderCompleteness(),
    commitAgreement(),
    stateMachineSafety(),
    commitMonotonic(),
    commitAtSignature(),
    durableMajority(world),
    transactionStatus(),
    messageStorm(world),
    electedByMajority(world),
    falseAlarm(world),
  ];
}

/** The rules that one step of one node must obey: they find a bug long before its consequences show. */
export function localCheckers(world: World): Checker[] {
  return [
    voteInView(),
    hardStateFirst(),
    backupCommit(),
    acknowledgement(),
    peerMatch(),
    truncation(),
    viewChange(),
    leaderAppend(),
    appendRange(),
    ...(world.membership ? membershipCheckers(world) : []),
  ];
}

function membershipCheckers(world: World): Checker[] {
  return [
    silence(world),
    membersLead(world),
    configurationsFollow(world),
    retirementFollows(world),
    peersFollow(world),
    nothingAfterQuarantine(world),
  ];
}
