/**
 * Who takes part: the configurations that are active, who is leaving, and how far this node's own retirement is.
 *
 * A configuration takes effect when its entry is appended, is rolled back with the log, and from then on a quorum
 * is needed in it and in every one before it, until it commits; then the older ones are dropped. A node that a
 * committed configuration leaves out keeps receiving entries and keeps voting until another entry, which says so,
 * commits: a later primary that does not know yet may still need its vote.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import type { Configuration, EntryInfo, RetirementPhase } from './types.js';

export interface Membership {
  readonly self: NodeId;
  /** The active configurations, oldest first. Empty on a node that has not heard of any. */
  readonly configurations: Configuration[];
  /** Nodes left out by a committed configuration whose retirement is not yet recorded as committed. */
  leaving: readonly NodeId[];
  /** Records of retirement above the commit, ascending. */
  readonly records: { readonly seqno: Seqno; readonly nodes: readonly NodeId[] }[];
  /** Where the entry is that leaves this node out, and the first signature after it. */
  orderedAt: Seqno | undefined;
  signedAt: Seqno | undefined;
  completed: boolean;
  /** The record of this node's retirement is committed: nobody needs it any more. */
  gone: boolean;
}

export function createMembership(self: NodeId, initialNodes: readonly NodeId[]): Membership {
  return {
    self,
    configurations: initialNodes.length === 0 ? [] : [{ seqno: 0, nodes: [...initialNodes] }],
    leaving: [],
    records: [],
    orderedAt: undefined,
    signedAt: undefined,
    completed: false,
    gone: false,
  };
}

/** The phase of this node's retirement, undefined while it is active. */
export function retirementPhaseOf(membership: Membership): RetirementPhase | undefined {
  if (membership.gone) return 'RetiredCommitted';
  if (membership.completed) return 'Completed';
  if (membership.signedAt !== undefined) return 'Signed';
  return membership.orderedAt === undefined ? undefined : 'Ordered';
}

/**
 * Whether this node may campaign: it is in an active configuration, or was and is not gone yet. The latter is needed
 * where it alone holds the last signatures: the others, who would need its vote, cannot get it.
 */
export function takesPart(membership: Membership): boolean {
  const { configurations, completed, gone, self } = membership;
  return !gone && (completed || configurations.some(({ nodes }) => nodes.includes(self)));
}

/** The other nodes whose votes count: those of the active configurations. */
export function votersOf(membership: Membership): NodeId[] {
  const nodes = new Set<NodeId>();
  for (const configuration of membership.configurations) {
    for (const node of configuration.nodes) nodes.add(node);
  }
  nodes.delete(membership.self);
  return [...nodes];
}

/** The other nodes to which a primary sends entries. */
export function peersOf(membership: Membership): NodeId[] {
  return [...new Set([...votersOf(membership), ...membership.leaving])];
}

/** Takes notice of an appended entry. True when the set of peers may have changed. */
export function appendToMembership(membership: Membership, entry: EntryInfo): boolean {
  if (entry.retiredCommitted !== undefined) {
    membership.records.push({ seqno: entry.seqno, nodes: entry.retiredCommitted });
  }
  if (entry.signature && membership.orderedAt !== undefined) membership.signedAt ??= entry.seqno;
  if (entry.configuration === undefined) return false;
  const before = membership.configurations.at(-1)?.nodes;
  if (before !== undefined && sameNodes(before, entry.configuration)) return false;
  membership.configurations.push({ seqno: entry.seqno, nodes: [...entry.configuration] });
  const wasMember = before?.includes(membership.self) ?? false;
  if (wasMember && !entry.configuration.includes(membership.self)) membership.orderedAt ??= entry.seqno;
  return true;
}

/** Forgets what entries above `to` said. */
export function rollbackMembership(membership: Membership, to: Seqno): void {
  const { configurations, records } = membership;
  while (configurations.length > 0 && (configurations.at(-1)?.seqno ?? 0) > to) configurations.pop();
  while (records.length > 0 && (records.at(-1)?.seqno ?? 0) > to) records.pop();
  if ((membership.signedAt ?? 0) > to) membership.signedAt = undefined;
  if ((membership.orderedAt ?? 0) > to) membership.orderedAt = undefined;
}

/** Takes notice of a commit up to `seqno`. True when the set of peers may have changed. */
export function commitMembership(membership: Membership, seqno: Seqno): boolean {
  let changed = false;
  const { configurations, records } = membership;
  while ((configurations[1]?.seqno ?? Number.POSITIVE_INFINITY) <= seqno) {
    const dropped = configurations.shift()?.nodes ?? [];
    const voters = votersOf(membership);
    const left = dropped.filter((node) => node !== membership.self && !voters.includes(node));
    membership.leaving = [...new Set([...membership.leaving, ...left])];
    changed = true;
  }
  if (membership.signedAt !== undefined && membership.signedAt <= seqno) membership.completed = true;
  while ((records[0]?.seqno ?? Number.POSITIVE_INFINITY) <= seqno) {
    const nodes = records.shift()?.nodes ?? [];
    membership.leaving = membership.leaving.filter((node) => !nodes.includes(node));
    if (nodes.includes(membership.self)) membership.gone = true;
    changed = true;
  }
  return changed;
}

function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node));
}
