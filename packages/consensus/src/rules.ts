/**
 * The safety rules of Raft as Coco runs it, one small pure function each, so that they can be read in one sitting
 * and so that a simulator can break one at a time and prove that it would notice.
 *
 * `createRaft` asks these functions at every decision and decides nothing of the kind itself. Each names its
 * source: a section of "In Search of an Understandable Consensus Algorithm" (Ongaro and Ousterhout 2014, "Raft"),
 * of Ongaro's dissertation ("thesis"), or of CCF's variant, in which only signatures can be committed.
 */
import { assert, type NodeId, type Seqno, type TxId, type View } from '@coco/primitives';
import type { Configuration, HardState } from './types.js';

/** Every decision on which safety, or liveness after a fault, rests. */
export interface RaftRules {
  /**
   * Whether to vote for a candidate in the view of its request, which is also the voter's view. One vote per
   * view, and only for a candidate whose log is up to date; none once the view has a primary (Raft 5.2, 5.4.1).
   */
  mayGrantVote(question: {
    readonly candidate: NodeId;
    readonly votedFor: NodeId | undefined;
    readonly primary: NodeId | undefined;
    readonly upToDate: boolean;
  }): boolean;

  /**
   * Whether to encourage a node that asks before it campaigns: its log is up to date and no primary was heard
   * for as long as it takes the most impatient node to campaign, half of the election timeout (thesis 9.6).
   * `primarySilentMs` is 0 on a primary and infinite when none was heard in this view.
   */
  mayGrantPreVote(question: {
    readonly upToDate: boolean;
    readonly primarySilentMs: number;
    readonly electionTimeoutMs: number;
  }): boolean;

  /** Whether a candidate's position is at least as far as the voter's: by view, then by seqno (Raft 5.4.1). */
  isUpToDate(candidate: TxId, voter: TxId): boolean;

  /** The position a node has in an election: its last *signature*, for nothing later can survive one (CCF). */
  electionPosition(log: { readonly last: TxId; readonly lastSignature: TxId }): TxId;

  /** The vote that holds after `view` becomes `newView`: forgotten only when the view increases (Raft 5.1). */
  voteInView(vote: {
    readonly votedFor: NodeId | undefined;
    readonly view: View;
    readonly newView: View;
  }): NodeId | undefined;

  /** What must be on disk before any message that follows from it leaves (Raft figure 2, persistent state). */
  hardStateToPersist(state: HardState): HardState | undefined;

  /** How many of `size` nodes are a majority (Raft 5.2). */
  quorumOf(size: number): number;

  /** Whether a node that starts from a disk which may have been turned back is in doubt: yes. */
  startsInDoubt(question: { readonly inDoubt: boolean }): boolean;

  /**
   * Whether those who agree carry a configuration of `size` nodes, be it an election or a signature that clears nodes in
   * doubt. `sure` of them are not in doubt, `unsure` are. Either the sure ones are a majority by themselves: then whatever
   * the others promised and forgot cannot have been enough without one of these. Or all nodes agree: then one of them
   * knows, as long as fewer than a majority were turned back. Or the node waited long enough for those who do not answer
   * (`patient`); then the `trusted` count as if they were sure, which are the unsure ones of whom nobody remembers more
   * than they do. See docs/decisions/0005-restart-with-identity.md.
   */
  carries(question: {
    readonly size: number;
    readonly quorum: number;
    readonly sure: number;
    readonly unsure: number;
    readonly trusted: number;
    readonly patient: boolean;
  }): boolean;

  /**
   * Which entry clears a node in doubt once others hold it, where a primary that is committed up to `commit` hears of the
   * node: one that it has yet to append (undefined). What a majority knows already does not suffice, for a candidate of a
   * later view may have the node's forgotten vote, and need only one more of a node that knows no better.
   */
  fenceKnown(question: { readonly commit: Seqno }): Seqno | undefined;

  /**
   * Whether an entry that a primary appends after it heard of a node in doubt may clear it once others hold it: a signature
   * may. Whoever holds it votes for nobody without it, so a candidate that counts on a vote which the node has forgotten
   * cannot win any more; what is not signed makes no such difference.
   */
  mayFence(question: { readonly signature: boolean }): boolean;

  /** How far a primary counts what a node in doubt acknowledges towards the commit: not at all. */
  matchInDoubt(question: { readonly match: Seqno; readonly acknowledged: Seqno }): Seqno;

  /** The lowest seqno among all active configurations' agreements: a quorum is needed in every one (CCF). */
  agreedByConfigurations(agreedIn: readonly Seqno[]): Seqno;

  /** Whether a majority in each active configuration makes a majority: in every one (CCF). */
  wonInConfigurations(wonIn: readonly boolean[]): boolean;

  /**
   * Which configurations count at a node whose log holds these, oldest first: all. One takes effect when its entry is
   * appended; what came before it counts as well until the commit reaches it, and is then no longer among them (CCF).
   */
  activeConfigurations(question: {
    readonly configurations: readonly Configuration[];
    readonly commit: Seqno;
  }): readonly Configuration[];

  /** Whether the configuration at `seqno` survives when everything above `to` is dropped: it goes with its entry. */
  keepsConfiguration(question: { readonly seqno: Seqno; readonly to: Seqno }): boolean;

  /**
   * Whether a node may campaign and lead. `member`: a configuration that can outlive the election holds it. `removed`: a
   * committed configuration leaves it out; then it may all the same, for it may hold the last signatures alone, and the
   * others would wait for ever for the vote that it cannot give them. Not a node that is still to join, nor one that is
   * `gone`.
   */
  mayCampaign(question: {
    readonly member: boolean;
    readonly removed: boolean;
    readonly gone: boolean;
  }): boolean;

  /**
   * Whether a node that was removed is needed no more and falls silent, which is that it does nothing of its own accord:
   * not yet when its removal is committed (`removed`), for a node that does not know that still counts its vote; but when
   * the record of that is committed as well (`recorded`), for whoever holds the record knows (CCF's RetiredCommitted).
   * And not while a configuration in its log has it (`member`): from the moment at which it is taken back, which is when
   * the entry is appended, its vote and its acknowledgement count again.
   */
  mayFallSilent(question: {
    readonly removed: boolean;
    readonly recorded: boolean;
    readonly member: boolean;
  }): boolean;

  /**
   * Whether a node that is `gone` answers who speaks to it; `election`: with a vote. It does both. Only a configuration
   * that has it again makes anybody ask, and the node cannot know of that before it took the entry, to which its answers
   * lead; meanwhile it may be the one whose vote is missing. Servers heed requests without consulting their own
   * configuration (thesis 4.1). It is safe, for an answer counts only where a configuration has the node, and its view,
   * vote and log are what they were.
   */
  mayAnswer(question: { readonly gone: boolean; readonly election: boolean }): boolean;

  /**
   * Who is leaving when the configuration `ended` counts no more, for the commit reached the one that is then `inForce`:
   * those who were, and whom it leaves out; without those whom it has again. `later` are the nodes of configurations above
   * the commit: they may still be rolled back, so nothing follows from them.
   */
  leavingAfter(question: {
    readonly leaving: readonly NodeId[];
    readonly ended: readonly NodeId[];
    readonly inForce: readonly NodeId[];
    readonly later: readonly NodeId[];
  }): readonly NodeId[];

  /**
   * Whether a primary may leave out nodes whose links are cut when it appends that, so that `next` are left: it stays
   * itself, and those who stay are a majority of every active configuration. Else nobody could commit it, nor, without
   * those who were cut off, elect a primary that would take them back (Raft 5.2, 5.3; CCF).
   */
  mayLeaveOut(question: {
    readonly self: NodeId;
    readonly configurations: readonly Configuration[];
    readonly next: readonly NodeId[];
  }): boolean;

  /**
   * Whether a primary may record that the removal of these nodes is committed: when no active configuration has one of
   * them. That one of their removals is committed is not enough, where they were taken back since and left again: whoever
   * finds the record in its log takes it for proof that the last removal before it is committed, and goes on without them.
   */
  mayRecord(question: {
    readonly configurations: readonly Configuration[];
    readonly nodes: readonly NodeId[];
  }): boolean;

  /**
   * From where a primary sends to a peer whose log may agree with its own up to `hint`: from there, but never what it
   * does not hold. `heldFrom` is the first entry that it does.
   */
  sendAfter(question: { readonly hint: Seqno; readonly heldFrom: Seqno }): Seqno;

  /** How far a primary counts itself: what its own disk holds, not what it has in memory (thesis 10.2.1). */
  selfMatch(log: { readonly last: Seqno; readonly persisted: Seqno }): Seqno;

  /**
   * Where a primary may commit when `agreed` is on a quorum: `signature`, the last one at or below it, if that
   * is of the primary's own view; otherwise nowhere yet (Raft 5.4.2, CCF).
   */
  commitOnPrimary(question: {
    readonly agreed: Seqno;
    readonly signature: TxId | undefined;
    readonly view: View;
  }): Seqno | undefined;

  /**
   * How far a backup may commit on an append message: the primary's commit, but not beyond `verified`, the end of
   * the range that this message proved equal (Raft 5.3). The caller rounds down to a signature by
   * `roundToSignature`.
   */
  commitOnBackup(question: {
    readonly primaryCommit: Seqno;
    readonly verified: Seqno;
    readonly last: Seqno;
  }): Seqno;

  /** Where commit lands at or below `seqno` on a backup: the last signature there, if any (CCF). */
  roundToSignature(question: {
    readonly seqno: Seqno;
    readonly signature: Seqno | undefined;
  }): Seqno | undefined;

  /** Whether an append message's view is current; those of older views are refused (Raft 5.1). */
  acceptsAppend(question: { readonly messageView: View; readonly view: View }): boolean;

  /** Whether a backup's log agrees with the primary's just before the range sent (Raft 5.3, log matching). */
  previousMatches(question: { readonly previous: TxId; readonly ownView: View | undefined }): boolean;

  /**
   * What a backup keeps of its log on an append message: everything, unless an entry of the range is of another
   * view than the one held at that place (`conflict`); then everything before that. Never less than what is
   * committed, and never on suspicion (Raft 5.3). Undefined keeps all.
   */
  truncateTo(question: {
    readonly conflict: Seqno | undefined;
    readonly previous: Seqno;
    readonly to: Seqno;
    readonly last: Seqno;
    readonly commit: Seqno;
  }): Seqno | undefined;

  /**
   * How far a backup acknowledges: the end of the range received. It knows nothing of how what it may hold
   * beyond that compares with the primary's log (Raft 5.3).
   */
  acknowledgeUpTo(question: { readonly to: Seqno; readonly last: Seqno }): Seqno;

  /** Whether a response or vote belongs to the present view; others say nothing of it (Raft 5.1). */
  isCurrentResponse(question: { readonly responseView: View; readonly view: View }): boolean;

  /** What a primary knows a peer to hold after an acknowledgement; never less than before (Raft 5.3). */
  matchAfterSuccess(question: { readonly match: Seqno; readonly acknowledged: Seqno }): Seqno;

  /** What a primary knows a peer to hold after a refusal: what it knew before. */
  matchAfterFailure(question: { readonly match: Seqno; readonly hint: Seqno }): Seqno;

  /**
   * What a node keeps of its log when it wins an election, loses leadership, or learns of a later view: everything
   * up to its last signature, which is never below its commit. Entries of a later view can then follow only a
   * signature (CCF).
   */
  keepWithoutPrimary(log: {
    readonly last: Seqno;
    readonly lastSignature: Seqno;
    readonly commit: Seqno;
  }): Seqno;

  /**
   * Whether a primary goes on: in each active configuration a majority, itself included, has been heard within the
   * election timeout (thesis 6.2; CCF requires it of every configuration). `silentMs` lists, per configuration, how
   * long each of its nodes has been silent; 0 for the primary itself.
   */
  mayKeepLeading(question: {
    readonly silentMs: readonly (readonly number[])[];
    readonly electionTimeoutMs: number;
  }): boolean;
}

/** The rules that Coco runs by. */
export const raftRules: RaftRules = {
  mayGrantVote: ({ candidate, votedFor, primary, upToDate }) =>
    upToDate && primary === undefined && (votedFor === undefined || votedFor === candidate),

  mayGrantPreVote: ({ upToDate, primarySilentMs, electionTimeoutMs }) =>
    upToDate && primarySilentMs >= electionTimeoutMs / 2,

  isUpToDate: (candidate, voter) =>
    candidate.view > voter.view || (candidate.view === voter.view && candidate.seqno >= voter.seqno),

  electionPosition: ({ lastSignature }) => lastSignature,

  voteInView: ({ votedFor, view, newView }) => (newView > view ? undefined : votedFor),

  hardStateToPersist: (state) => state,

  quorumOf: (size) => Math.floor(size / 2) + 1,

  startsInDoubt: ({ inDoubt }) => inDoubt,

  carries: ({ size, quorum, sure, unsure, trusted, patient }) =>
    sure >= quorum || sure + unsure === size || (patient && sure + trusted >= quorum),

  fenceKnown: () => undefined,

  mayFence: ({ signature }) => signature,

  matchInDoubt: ({ match }) => match,

  agreedByConfigurations: (agreedIn) => Math.min(...agreedIn),

  wonInConfigurations: (wonIn) => wonIn.every((won) => won),

  activeConfigurations: ({ configurations }) => configurations,

  keepsConfiguration: ({ seqno, to }) => seqno <= to,

  mayCampaign: ({ member, removed, gone }) => !gone && (member || removed),

  mayFallSilent: ({ recorded, member }) => recorded && !member,

  mayAnswer: () => true,

  leavingAfter: ({ leaving, ended, inForce }) =>
    [...new Set([...leaving, ...ended])].filter((node) => !inForce.includes(node)),

  mayLeaveOut: ({ self, configurations, next }) =>
    next.includes(self) &&
    configurations.every(
      ({ nodes }) => nodes.filter((node) => next.includes(node)).length >= raftRules.quorumOf(nodes.length),
    ),

  mayRecord: ({ configurations, nodes }) =>
    configurations.every((configuration) => !nodes.some((node) => configuration.nodes.includes(node))),

  sendAfter: ({ hint, heldFrom }) => Math.max(hint, heldFrom - 1),

  selfMatch: ({ persisted }) => persisted,

  commitOnPrimary: ({ signature, view }) => (signature?.view === view ? signature.seqno : undefined),

  commitOnBackup: ({ primaryCommit, verified }) => Math.min(primaryCommit, verified),

  roundToSignature: ({ signature }) => signature,

  acceptsAppend: ({ messageView, view }) => messageView >= view,

  previousMatches: ({ previous, ownView }) => previous.view === ownView,

  truncateTo: ({ conflict, commit }) => {
    if (conflict === undefined) return undefined;
    assert(conflict > commit, 'the primary contradicts an entry that is committed here');
    return conflict - 1;
  },

  acknowledgeUpTo: ({ to }) => to,

  isCurrentResponse: ({ responseView, view }) => responseView === view,

  matchAfterSuccess: ({ match, acknowledged }) => Math.max(match, acknowledged),

  matchAfterFailure: ({ match }) => match,

  keepWithoutPrimary: ({ lastSignature }) => lastSignature,

  mayKeepLeading: ({ silentMs, electionTimeoutMs }) =>
    silentMs.every(
      (nodes) => nodes.filter((ms) => ms < electionTimeoutMs).length >= raftRules.quorumOf(nodes.length),
    ),
};
