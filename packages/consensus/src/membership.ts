/**
 * Who takes part: the configurations that are active, who is leaving, and how far this node's own retirement is.
 *
 * A configuration takes effect when its entry is appended, is rolled back with the log, and from then on a quorum
 * is needed in it and in every one before it, until it commits; then the older ones are dropped. A node that a
 * committed configuration leaves out keeps receiving entries and keeps voting until another entry, which says so,
 * commits: a later primary that does not know yet may still need its vote. A later configuration may have it again.
 *
 * So that all of this rolls back with the log, it is kept in two parts: what the committed entries say (`leaving`,
 * `recorded`), and what those above them add (`configurations`, `records`). Everything else is worked out of these.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import type { RaftRules } from './rules.js';
import type { Configuration, EntryInfo, LogBase, RetirementPhase } from './types.js';

export interface Membership {
  readonly self: NodeId;
  /** The active configurations, oldest first. Empty on a node that has not heard of any. */
  readonly configurations: Configuration[];
  /** Nodes, perhaps this one, that a committed configuration left out, none since has again, and no committed record names. */
  leaving: readonly NodeId[];
  /** A committed record says that this node left, and no configuration committed since has it again. */
  recorded: boolean;
  /** The commit that last ended a configuration; 0 for none. */
  endedBy: Seqno;
  /** Records of retirement above the commit, ascending. */
  readonly records: { readonly seqno: Seqno; readonly nodes: readonly NodeId[] }[];
}

/** Who takes part at the beginning: the nodes given, or as it stands at the base of the log. */
export function createMembership(self: NodeId, begin: readonly NodeId[] | LogBase): Membership {
  const { configuration, leaving }: Pick<LogBase, 'configuration' | 'leaving'> =
    'configuration' in begin ? begin : { configuration: { seqno: 0, nodes: begin }, leaving: [] };
  const { seqno, nodes } = configuration;
  return {
    self,
    configurations: nodes.length === 0 ? [] : [{ seqno, nodes: [...nodes] }],
    leaving: [...leaving],
    recorded: false,
    endedBy: 0,
    records: [],
  };
}

/** Whether a committed configuration leaves this node out, and none committed since has it again. */
export function isRemoved({ self, leaving, recorded }: Membership): boolean {
  return recorded || leaving.includes(self);
}

/** Whether nobody needs this node, where `configurations` are those that count. */
export function isGone(
  membership: Membership,
  rules: RaftRules,
  configurations: readonly Configuration[] = membership.configurations,
): boolean {
  const { self, recorded } = membership;
  const member = configurations.some(({ nodes }) => nodes.includes(self));
  return rules.mayFallSilent({ removed: isRemoved(membership), recorded, member });
}

/** The phase of this node's retirement, undefined while it is active. Its log is signed up to `signed`. */
export function retirementPhaseOf(
  membership: Membership,
  signed: Seqno,
  rules: RaftRules,
): RetirementPhase | undefined {
  const { self, configurations } = membership;
  if (isGone(membership, rules)) return 'RetiredCommitted';
  const last = configurations.findLastIndex(({ nodes }) => nodes.includes(self));
  const removal = configurations[last + 1];
  if (removal === undefined) return undefined;
  if (last === -1) return isRemoved(membership) ? 'Completed' : undefined;
  return removal.seqno <= signed ? 'Signed' : 'Ordered';
}

/** The other nodes of these configurations. */
export function othersIn(membership: Membership, configurations: readonly Configuration[]): NodeId[] {
  const nodes = nodesOf(configurations);
  nodes.delete(membership.self);
  return [...nodes];
}

/** The other nodes to which a primary sends entries. */
export function peersOf(membership: Membership): NodeId[] {
  const nodes = nodesOf(membership.configurations);
  for (const node of membership.leaving) nodes.add(node);
  nodes.delete(membership.self);
  return [...nodes];
}

/** Takes notice of an appended entry. True when the set of peers may have changed. */
export function appendToMembership(membership: Membership, entry: EntryInfo): boolean {
  if (entry.retiredCommitted !== undefined) {
    membership.records.push({ seqno: entry.seqno, nodes: entry.retiredCommitted });
  }
  if (entry.configuration === undefined) return false;
  const before = membership.configurations.at(-1)?.nodes;
  if (before !== undefined && sameNodes(before, entry.configuration)) return false;
  membership.configurations.push({ seqno: entry.seqno, nodes: [...entry.configuration] });
  return true;
}

/** Forgets what entries above `to` said. */
export function rollbackMembership(membership: Membership, to: Seqno, rules: RaftRules): void {
  const { configurations, records } = membership;
  for (let last = configurations.at(-1); last !== undefined; last = configurations.at(-1)) {
    if (rules.keepsConfiguration({ seqno: last.seqno, to })) break;
    configurations.pop();
  }
  while (records.length > 0 && (records.at(-1)?.seqno ?? 0) > to) records.pop();
}

/** Takes notice of a commit up to `seqno`. True when the set of peers may have changed. */
export function commitMembership(membership: Membership, seqno: Seqno, rules: RaftRules): boolean {
  const { configurations, records } = membership;
  let changed = false;
  for (;;) {
    const configuredAt = configurations[1]?.seqno ?? Number.POSITIVE_INFINITY;
    const recordedAt = records[0]?.seqno ?? Number.POSITIVE_INFINITY;
    if (Math.min(configuredAt, recordedAt) > seqno) return changed;
    // In the order of the log, for a node may leave, be on record, and be there again. Who is left out and put on record
    // by one entry (a network that is recovered does that) is gone at once.
    if (configuredAt <= recordedAt) {
      endConfiguration(membership, rules);
      membership.endedBy = seqno;
    } else endRecord(membership);
    changed = true;
  }
}

/** The second configuration is committed: the first counts no more. */
function endConfiguration(membership: Membership, rules: RaftRules): void {
  const { self, configurations, leaving } = membership;
  const ended = configurations.shift()?.nodes ?? [];
  const inForce = configurations[0]?.nodes ?? [];
  const later = [...nodesOf(configurations.slice(1))];
  membership.leaving = rules.leavingAfter({ leaving, ended, inForce, later });
  if (inForce.includes(self)) membership.recorded = false;
}

/** The first record is committed. It says nothing of a node that takes part again. */
function endRecord(membership: Membership): void {
  const { self, configurations, records, leaving } = membership;
  const nodes = records.shift()?.nodes ?? [];
  membership.leaving = leaving.filter((node) => !nodes.includes(node));
  if (nodes.includes(self) && configurations[0]?.nodes.includes(self) !== true) membership.recorded = true;
}

function nodesOf(configurations: readonly Configuration[]): Set<NodeId> {
  const all = new Set<NodeId>();
  for (const { nodes } of configurations) {
    for (const node of nodes) all.add(node);
  }
  return all;
}

function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node));
}
