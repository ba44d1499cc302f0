/**
 * The commands that only look: assertions, and descriptions for the reader.
 */
import type { Message } from '@coco/consensus';
import { differenceOf, unsafeCommitOf } from './checks.js';
import type { ScenarioCommand } from './commands.js';
import type { ScenarioNode } from './node.js';

const many = Number.POSITIVE_INFINITY;

export const lookCommands: Readonly<Record<string, ScenarioCommand>> = {
  assert_state_sync: look('assert_state_sync', 0, 0, (cluster) => {
    const difference = differenceOf(cluster.nodes);
    if (difference !== undefined) throw new Error(difference);
  }),
  assert_commit_safety: look('assert_commit_safety,ID', 1, 1, (cluster, [id = '']) => {
    const reason = unsafeCommitOf(cluster, cluster.node(id));
    if (reason !== undefined) throw new Error(reason);
  }),
  assert_commit_idx: look('assert_commit_idx,ID,SEQNO', 2, 2, (cluster, [id = '', seqno = '']) => {
    expectEqual(`the commit of node ${id}`, String(cluster.node(id).raft.commit), seqno);
  }),
  assert_last_txid: look('assert_last_txid,ID,VIEW.SEQNO', 2, 2, (cluster, [id = '', txid = '']) => {
    const { view, seqno } = cluster.node(id).raft.last;
    expectEqual(`the last entry of node ${id}`, `${view}.${seqno}`, txid);
  }),
  assert_detail: look('assert_detail,ID,FIELD,VALUE', 3, 3, (cluster, [id = '', field = '', value = '']) => {
    expectEqual(`${field} of node ${id}`, detailOf(cluster.node(id), field), value);
  }),
  'assert_!detail': look('assert_!detail,ID,FIELD,VALUE', 3, 3, (cluster, args) => {
    const [id = '', field = '', value = ''] = args;
    if (detailOf(cluster.node(id), field) === value) throw new Error(`${field} of node ${id} is ${value}`);
  }),
  assert_config: look('assert_config,ID,SEQNO,ID…', 3, many, (cluster, [id = '', at = '', ...ids]) => {
    const nodes = configurationAt(cluster.node(id), at);
    if (nodes === undefined) throw new Error(`node ${id} has no configuration at ${at}`);
    expectEqual(`the configuration of node ${id} at ${at}`, sorted(nodes), sorted(ids));
  }),
  assert_absent_config: look('assert_absent_config,ID,SEQNO', 2, 2, (cluster, [id = '', at = '']) => {
    const nodes = configurationAt(cluster.node(id), at);
    if (nodes !== undefined) throw new Error(`node ${id} has a configuration at ${at}: ${sorted(nodes)}`);
  }),
  assert_may_leave_out: look('assert_may_leave_out,ID,true|false,ID…', 3, many, (cluster, args) => {
    const [id = '', may = '', ...nodes] = args;
    const actual = String(cluster.node(id).raft.mayLeaveOut(nodes));
    expectEqual(`whether node ${id} may leave out {${nodes.join(', ')}}`, actual, may);
  }),
  assert_may_record: look('assert_may_record,ID,true|false,ID…', 3, many, (cluster, args) => {
    const [id = '', may = '', ...nodes] = args;
    const actual = String(cluster.node(id).raft.mayRecord(nodes));
    expectEqual(`whether node ${id} may record that {${nodes.join(', ')}} left`, actual, may);
  }),
  state_one: look('state_one,ID', 1, 1, (cluster, [id = ''], print) => print(stateOf(cluster.node(id)))),
  state_all: look('state_all', 0, 0, (cluster, _args, print) => {
    for (const node of cluster.nodes) print(stateOf(node));
  }),
  summarise_log: look('summarise_log,ID', 1, 1, (cluster, [id = ''], print) => {
    print(logOf(cluster.node(id)));
  }),
  summarise_logs_all: look('summarise_logs_all', 0, 0, (cluster, _args, print) => {
    for (const node of cluster.nodes) print(logOf(node));
  }),
  summarise_messages: look('summarise_messages,FROM,TO', 2, 2, (cluster, [from = '', to = ''], print) => {
    const { id } = cluster.node(to);
    const messages = cluster.node(from).outbox.filter((outgoing) => outgoing.to === id);
    print(`${from} to ${to}: [${messages.map(({ message }) => summaryOf(message)).join(', ')}]`);
  }),
};

function expectEqual(what: string, actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`${what} is ${actual}, not ${expected}`);
}

function detailOf(node: ScenarioNode, field: string): string {
  const status = node.raft.status();
  const details: Record<string, string | number | undefined> = {
    leadership_state: status.leadership,
    membership_state: status.membership,
    retirement_phase: status.retirementPhase,
    current_view: status.view,
    primary_id: status.primary,
    in_doubt: String(status.doubt !== undefined),
    peers: Object.keys(status.peers).sort().join(' ') || 'none',
    needs_snapshot:
      Object.keys(status.peers)
        .filter((id) => status.peers[id]?.needsSnapshot)
        .join(' ') || 'none',
  };
  const value = Object.hasOwn(details, field) ? details[field] : undefined;
  if (value === undefined) throw new Error(`node ${node.id} has no ${field}`);
  return String(value);
}

function configurationAt(node: ScenarioNode, seqno: string): readonly string[] | undefined {
  return node.raft.status().configurations.find((configuration) => String(configuration.seqno) === seqno)
    ?.nodes;
}

function sorted(ids: readonly string[]): string {
  return `{${[...new Set(ids)].sort().join(', ')}}`;
}

function stateOf({ id, raft }: ScenarioNode): string {
  const { leadership, membership, view, last, commit } = raft.status();
  return `node ${id}: ${leadership} ${membership} in view ${view}, last ${last.view}.${last.seqno}, commit ${commit}`;
}

function logOf({ id, raft, log }: ScenarioNode): string {
  const entries = log.map(({ view, seqno }) =>
    seqno === raft.commit ? `[${view}.${seqno}]` : `${view}.${seqno}`,
  );
  return `node ${id}: ${entries.join(', ')}`;
}

function summaryOf(message: Message): string {
  switch (message.type) {
    case 'appendEntries': {
      const { view, previous, entriesView, to } = message;
      return `AE(t${view}, (${previous.view}.${previous.seqno}, ${entriesView}.${to}])`;
    }
    case 'appendEntriesResponse':
      return `AER(${message.success ? 'ACK' : 'NACK'}, t${message.view}, i${message.last})`;
    case 'requestPreVote':
      return 'RPV';
    case 'requestPreVoteResponse':
      return 'RPVR';
    case 'requestVote':
      return 'RV';
    case 'requestVoteResponse':
      return 'RVR';
    case 'proposeRequestVote':
      return 'PRV';
  }
}

function look(usage: string, argsMin: number, argsMax: number, run: ScenarioCommand['run']): ScenarioCommand {
  return { usage, argsMin, argsMax, changes: false, run };
}
