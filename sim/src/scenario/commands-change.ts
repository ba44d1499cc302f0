/**
 * The commands that do something: make nodes, let time pass, deliver and lose messages, append, change membership.
 */
import type { NodeId } from '@coco/primitives';
import { differenceOf } from './checks.js';
import type { Cluster } from './cluster.js';
import type { ScenarioCommand } from './commands.js';

const many = Number.POSITIVE_INFINITY;

type Run = (cluster: Cluster, args: readonly string[]) => void;

export const changeCommands: Readonly<Record<string, ScenarioCommand>> = {
  pre_vote_enabled: change('pre_vote_enabled,true|false', 1, 1, (cluster, [value = '']) => {
    if (value !== 'true' && value !== 'false') throw new Error('the value must be true or false');
    cluster.preVote = value === 'true';
  }),
  start_node: change('start_node,ID', 1, 1, startNode),
  nodes: change('nodes,ID…', 1, many, (cluster, ids) => {
    for (const id of ids) cluster.add(id, { initialNodes: ids });
  }),
  create_new_node: change('create_new_node,ID', 1, 1, (cluster, [id = '']) => {
    cluster.add(id);
  }),
  trust_node: change('trust_node,VIEW,ID', 2, 2, trustNodes),
  trust_nodes: change('trust_nodes,VIEW,ID…', 2, many, trustNodes),
  swap_node: change('swap_node,VIEW,OUT,IN', 3, 3, (cluster, [term = '', out = '', in_ = '']) => {
    swapNodes(cluster, term, [out], [in_]);
  }),
  swap_nodes: change(
    'swap_nodes,VIEW,out,ID…,in,ID… (in either order, either alone)',
    3,
    many,
    swapNodesByWords,
  ),
  cleanup_nodes: change('cleanup_nodes,VIEW,ID…', 2, many, (cluster, [term = '', ...ids]) => {
    for (const id of ids) cluster.node(id);
    cluster.append(term, `retired ${ids.join(' ')}`, { retiredCommitted: ids });
  }),
  replicate_new_configuration: change('replicate_new_configuration,VIEW,ID…', 2, many, (cluster, args) => {
    const [term = '', ...ids] = args;
    for (const id of ids) if (!cluster.has(id)) cluster.add(id);
    reconfigure(cluster, term, ids);
  }),
  replicate: change('replicate,VIEW,DATA', 2, 2, (cluster, [term = '', data = '']) => {
    cluster.append(term, data);
  }),
  emit_signature: change('emit_signature,VIEW', 1, 1, (cluster, [term = '']) => {
    cluster.append(term, 'signature', { signature: true });
  }),
  nominate_successor: change('nominate_successor,ID', 1, 1, (cluster, [id = '']) => {
    cluster.node(id).step({ type: 'transferLeadership' });
  }),
  connect: change('connect,ID,ID', 2, 2, connect),
  reconnect: change('reconnect,ID,ID', 2, 2, connect),
  disconnect: change('disconnect,ID,ID', 2, 2, (cluster, [a = '', b = '']) => cluster.disconnect(a, b)),
  reconnect_node: change('reconnect_node,ID', 1, 1, reconnectNode),
  disconnect_node: change('disconnect_node,ID', 1, 1, (cluster, [id = '']) => {
    for (const other of cluster.othersThan(id)) cluster.disconnect(id, other);
  }),
  periodic_one: change('periodic_one,ID,MS', 2, 2, (cluster, [id = '', ms = '']) => {
    cluster.node(id).step({ type: 'elapsed', ms: milliseconds(ms) });
  }),
  periodic_all: change('periodic_all,MS', 1, 1, (cluster, [ms = '']) => {
    for (const node of cluster.nodes) node.step({ type: 'elapsed', ms: milliseconds(ms) });
  }),
  shuffle_one: change('shuffle_one,ID', 1, 1, (cluster, [id = '']) => cluster.shuffle(cluster.node(id))),
  shuffle_all: change('shuffle_all', 0, 0, (cluster) => {
    for (const node of cluster.nodes) cluster.shuffle(node);
  }),
  dispatch_one: change('dispatch_one,ID', 1, 1, (cluster, [id = '']) => {
    cluster.dispatch(cluster.node(id), Number.POSITIVE_INFINITY);
  }),
  dispatch_single: change('dispatch_single,FROM,TO', 2, 2, (cluster, [from = '', to = '']) => {
    cluster.dispatchSingle(cluster.node(from), to);
  }),
  dispatch_all: change('dispatch_all', 0, 0, (cluster) => cluster.dispatchAll()),
  dispatch_all_once: change('dispatch_all_once', 0, 0, (cluster) => cluster.dispatchAllOnce()),
  drop_pending: change('drop_pending,FROM', 1, 1, (cluster, [from = '']) => {
    for (const to of cluster.nodes) cluster.dropPending(cluster.node(from), to.id);
  }),
  drop_pending_to: change('drop_pending_to,FROM,TO', 2, 2, (cluster, [from = '', to = '']) => {
    cluster.dropPending(cluster.node(from), to);
  }),
  loop_until_sync: change('loop_until_sync', 0, 0, loopUntilSync),
  assert_loop_sync: change('assert_loop_sync,ROUNDS,ID…', 2, many, assertLoopSync),

  // Coco's own.
  duplicate_pending: change('duplicate_pending,FROM,TO', 2, 2, (cluster, [from = '', to = '']) => {
    cluster.duplicatePending(cluster.node(from), to);
  }),
  hold_disk: change('hold_disk,ID', 1, 1, (cluster, [id = '']) => cluster.node(id).holdDisk()),
  release_disk: change('release_disk,ID', 1, 1, (cluster, [id = '']) => cluster.node(id).releaseDisk()),
  start_from_snapshot: change('start_from_snapshot,ID,FROM', 2, 2, (cluster, [id = '', from = '']) => {
    const source = cluster.node(from);
    if (cluster.has(id)) cluster.node(id).restartFrom(source);
    else cluster.add(id, { snapshotOf: source });
    reconnectNode(cluster, [id]);
  }),
  restart_node: change('restart_node,ID', 1, 1, (cluster, [id = '']) => cluster.node(id).restart()),
  keep_disk: change('keep_disk,ID', 1, 1, (cluster, [id = '']) => cluster.node(id).keepDisk()),
  turn_back: change('turn_back,ID', 1, 1, (cluster, [id = '']) => cluster.node(id).turnBack()),
};

/** Reconnects everyone and lets the primary work until all active nodes agree: the way back to life is open. */
export function loopUntilSync(cluster: Cluster): void {
  const primary = cluster.latestPrimary();
  if (primary === undefined) throw new Error('there is no primary that could bring the nodes in sync');
  const nodes = cluster.nodes.filter(({ raft }) => raft.status().membership === 'Active');
  cluster.append(String(primary.raft.view), 'signature', { signature: true });
  for (const { id } of nodes) reconnectNode(cluster, [id]);
  let difference: string | undefined;
  for (let round = 0; round < 20; round++) {
    primary.step({ type: 'elapsed', ms: 10 });
    cluster.dispatchAll();
    difference = differenceOf(nodes);
    if (difference === undefined) return;
  }
  throw new Error(`not in sync after 20 rounds: ${difference}`);
}

/** Lets the given nodes alone exchange messages until they agree, at most ROUNDS times. */
function assertLoopSync(cluster: Cluster, [rounds = '', ...ids]: readonly string[]): void {
  const nodes = ids.map((id) => cluster.node(id));
  let difference = differenceOf(nodes);
  for (let round = 0; round < milliseconds(rounds) && difference !== undefined; round++) {
    for (const node of nodes) node.step({ type: 'elapsed', ms: 10 });
    cluster.dispatchAll(nodes);
    difference = differenceOf(nodes);
  }
  if (difference !== undefined) throw new Error(`not in sync after ${rounds} rounds: ${difference}`);
}

function startNode(cluster: Cluster, [id = '']: readonly string[]): void {
  if (cluster.nodes.length > 0) throw new Error('only the first node can be a start node');
  cluster.add(id, { startAsLeader: true });
  reconfigure(cluster, '2', [id]);
}

function trustNodes(cluster: Cluster, [term = '', ...ids]: readonly string[]): void {
  addConnected(cluster, ids);
  reconfigure(
    cluster,
    term,
    cluster.nodes.map(({ id }) => id),
  );
}

function swapNodesByWords(cluster: Cluster, [term = '', ...words]: readonly string[]): void {
  const lists: Record<string, NodeId[]> = {};
  let list: NodeId[] | undefined;
  for (const word of words) {
    if (word === 'in' || word === 'out') {
      if (lists[word] !== undefined) throw new Error(`"${word}" stands twice`);
      list = [];
      lists[word] = list;
    } else if (list === undefined) throw new Error('"in" or "out" must follow the view');
    else list.push(word);
  }
  swapNodes(cluster, term, lists.out ?? [], lists.in ?? []);
}

function swapNodes(cluster: Cluster, term: string, out: readonly NodeId[], in_: readonly NodeId[]): void {
  for (const id of out) cluster.node(id);
  addConnected(cluster, in_);
  const ids = cluster.nodes.map(({ id }) => id).filter((id) => !out.includes(id));
  reconfigure(cluster, term, ids);
}

function addConnected(cluster: Cluster, ids: readonly NodeId[]): void {
  for (const id of ids) cluster.add(id);
  for (const id of ids) reconnectNode(cluster, [id]);
}

function reconfigure(cluster: Cluster, term: string, configuration: readonly NodeId[]): void {
  cluster.append(term, `configuration ${configuration.join(' ')}`, { configuration });
}

function connect(cluster: Cluster, [a = '', b = '']: readonly string[]): void {
  cluster.connect(a, b);
}

function reconnectNode(cluster: Cluster, [id = '']: readonly string[]): void {
  for (const other of cluster.othersThan(id)) cluster.connect(id, other);
}

function milliseconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`"${text}" is not a whole number`);
  return Number(text);
}

function change(usage: string, argsMin: number, argsMax: number, run: Run): ScenarioCommand {
  return { usage, argsMin, argsMax, changes: true, run };
}
