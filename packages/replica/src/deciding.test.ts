/**
 * A cluster that is under way, its members' decisions, and whether all of its nodes say the same.
 */
import assert from 'node:assert/strict';
import type { AdapterResponse } from '@coco/adapter';
import { type Cluster, type ClusterOptions, createCluster, type TestNode } from './testing/cluster.js';
import {
  ballotRequest,
  bodyOf,
  proposalRequest,
  type TestAction,
  type TestMember,
} from './testing/members.js';

export function started(count = 3, options: ClusterOptions = {}): Cluster {
  const cluster = createCluster(count, options);
  cluster.pass(600);
  return cluster;
}

export const memberOf = (cluster: Cluster, index: number): TestMember => cluster.members[index] as TestMember;

export const backupOf = (cluster: Cluster): TestNode =>
  cluster.nodes.find((node) => node !== cluster.primary()) as TestNode;

/** Has a proposal accepted by the votes of the first two members, through `node`. */
export function decide(cluster: Cluster, node: TestNode, actions: readonly TestAction[]): AdapterResponse {
  const made = cluster.ask(node, proposalRequest(memberOf(cluster, 0), actions));
  const { proposalId } = bodyOf(made);
  assert.equal(made?.status, 200, JSON.stringify(bodyOf(made)));
  const votes = [0, 1].map((index) =>
    cluster.ask(node, ballotRequest(memberOf(cluster, index), String(proposalId))),
  );
  const decided = votes.at(-1);
  assert.equal(bodyOf(decided).proposalState, 'Accepted', JSON.stringify(bodyOf(decided)));
  return decided as AdapterResponse;
}

/** Every node has the same log, and says the same of the network. */
export function assertEqual(nodes: readonly TestNode[]): void {
  const roots = nodes.map(
    ({ ledger }) => `${ledger.last.seqno} ${Buffer.from(ledger.root()).toString('hex')}`,
  );
  assert.deepEqual(new Set(roots).size, 1, roots.join(', '));
  const [first] = nodes;
  for (const { network } of nodes) {
    assert.deepEqual({ ...network?.committed, seqno: 0 }, { ...first?.network?.committed, seqno: 0 });
  }
}
