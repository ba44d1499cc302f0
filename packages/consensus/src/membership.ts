/**
 * Who takes part: the configurations that are active, who is leaving, and how far this node's own retirement is.
 *
 * A configuration takes effect when its entry is appended, is rolled back with the log, and from then on a quorum
 * is needed in it and in every one before it, until it commits; then the older ones are dropped. A node that a
 * committed configuration leaves out keeps receiving entries and keeps voting until another entry, which says so,
 * commits: a later primary that does not know yet may still need its vote.
 */
import type { NodeId, Seqno } from '@coco/primitives';
import type { RaftRules } from './rules.js';
import type { Configuration, EntryInfo, LogBase, RetirementPhase } from './types.js';

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
  /** The configuration that leaves this node out is committed. */
  completed: boolean;
  /** The record of this node's retirement is committed: nobody needs it any more. */
  gone: boolean;
}

/** Who takes part at the beginning: the nodes given, or as it stands at the base of the log. */
export function createMembership(self: NodeId, begin: readonly NodeId[] | LogBase): Membership {
  const { configuration, leaving }: Pick<LogBase, 'configuration' | 'leaving'> =
    'configuration' in begin ? begin : { configuration: { seqno: 0, nodes: begin }, leaving: [] };
  const { seqno, nodes } = configuration;
  return {
    self,
    configurations: nodes.length === 0 ? [] : [{ seqno, nodes: [...nodes] }],
    leaving: leaving.filter((node) => node !== self),
    records: [],
    orderedAt: undefined,
    signedAt: undefined,
    completed: leaving.includes(self),
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

/** The other nodes of these configurations. */
export function othersIn(membership: Membership, configurations: readonly Configuration[]): NodeId[] {
  const nodes = new Set<NodeId>();
  for (const configuration of configurations) {
    for (const node of configuration.nodes) nodes.add(node);
  }
  nodes.delete(membership.self);
  return [...nodes];
}

/** The other nodes to which a primary sends entries. */
export function peersOf(membership: Membership): NodeId[] {
  const { configurations, leaving } = membership;
  return [...new Set([...othersIn(membership, configurations), ...leaving])];
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
export function rollbackMembership(membership: Membership, to: Seqno, rules: RaftRules): void {
  const { configurations, records } = membership;
  for (let last = configurations.at(-1); last !== undefined; last = configurations.at(-1)) {
    if (rules.keepsConfiguration({ seqno: last.seqno, to })) break;
    configurations.pop();
  }
  while (records.length > 0 && (records.at(-1)?.seqno ?? 0) > to) records.pop();
  if ((membership.signedAt ?? 0) > to) membership.signedAt = undefined;
  if ((membership.orderedAt ?? 0) > to) membership.orderedAt = undefined;
}

/** Takes notice of a commit up to `seqno`. True when the set of peers may have changed. */
export function commitMembership(membership: Membership, seqno: Seqno, rules: RaftRules): boolean {
  let changed = false;
  const { configurations, records } = membership;
  while ((configurations[1]?.seqno ?? Number.POSITIVE_INFINITY) <= seqno) {
    const dropped = configurations.shift()?.nodes ?? [];
    const staying = othersIn(membership, configurations);
    const left = dropped.filter((node) => node !== membership.self && !staying.includes(node));
    membership.leaving = [...new Set([...membership.leaving, ...left])];
    changed = true;
  }
  if (membership.signedAt !== undefined && membership.signedAt <= seqno) membership.completed = true;
  let recorded = false;
  while ((records[0]?.seqno ?? Number.POSITIVE_INFINITY) <= seqno) {
    const nodes = records.shift()?.nodes ?? [];
    membership.leaving = membership.leaving.filter((node) => !nodes.includes(node));
    if (nodes.includes(membership.self)) recorded = true;
    changed = true;
  }
  if (rules.mayFallSilent({ removed: membership.completed, recorded })) membership.gone = true;
  return changed;
}

function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node));
}
