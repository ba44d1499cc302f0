/**
 * What must hold in a scenario whatever happens, judged from outside, from the logs alone.
 */
import type { NodeId } from '@coco/primitives';
import type { Cluster } from './cluster.js';
import type { ScenarioEntry, ScenarioNode } from './node.js';

/**
 * Why the commit of some node is not safe: its committed prefix must be on a majority of every configuration that it
 * counts as committed. Undefined when all are.
 */
export function unsafeCommit(cluster: Cluster): string | undefined {
  for (const node of cluster.nodes) {
    const reason = unsafeCommitOf(cluster, node);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export function unsafeCommitOf(cluster: Cluster, node: ScenarioNode): string | undefined {
  const { commit, configurations } = node.raft.status();
  const holds = new Map<NodeId, boolean>();
  for (const other of cluster.nodes) holds.set(other.id, sameUpTo(node.log, other.log, commit));
  for (const { seqno, nodes } of configurations) {
    if (seqno > commit) continue;
    const holders = nodes.filter((id) => holds.get(id) === true);
    if (holders.length * 2 > nodes.length) continue;
    return (
      `node ${node.id} has committed ${commit}, but of the configuration {${nodes.join(', ')}} at ${seqno} ` +
      `only {${holders.join(', ')}} hold that`
    );
  }
  return undefined;
}

/** How the first pair of nodes that are not in the same state differs; undefined when all are. */
export function differenceOf(nodes: readonly ScenarioNode[]): string | undefined {
  const [first, ...rest] = nodes;
  if (first === undefined) return undefined;
  for (const node of rest) {
    const difference = differenceBetween(first, node);
    if (difference !== undefined) return `nodes ${first.id} and ${node.id} differ: ${difference}`;
  }
  return undefined;
}

function differenceBetween(a: ScenarioNode, b: ScenarioNode): string | undefined {
  if (a.raft.view !== b.raft.view) return `views ${a.raft.view} and ${b.raft.view}`;
  if (a.log.length !== b.log.length) return `logs up to ${a.log.length} and ${b.log.length}`;
  if (!sameUpTo(a.log, b.log, a.log.length)) return 'the entries of their logs';
  if (a.raft.commit !== b.raft.commit) return `commits ${a.raft.commit} and ${b.raft.commit}`;
  return undefined;
}

function sameUpTo(a: readonly ScenarioEntry[], b: readonly ScenarioEntry[], seqno: number): boolean {
  if (a.length < seqno || b.length < seqno) return false;
  for (let index = 0; index < seqno; index++) {
    const ours = a[index] as ScenarioEntry;
    const theirs = b[index] as ScenarioEntry;
    if (ours !== theirs && !sameEntry(ours, theirs)) return false;
  }
  return true;
}

function sameEntry(a: ScenarioEntry, b: ScenarioEntry): boolean {
  return a.view === b.view && a.seqno === b.seqno && a.data === b.data;
}
