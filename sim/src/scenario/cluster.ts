/**
 * The nodes of a scenario and the network between them: who is connected, what is on the way.
 */
import type { Message, RaftRules } from '@coco/consensus';
import { type NodeId, type Random, seededRandom, type View } from '@coco/primitives';
import { type ScenarioEntry, ScenarioNode } from './node.js';

/** What a cluster needs from outside. */
export interface ClusterOptions {
  readonly seed: number;
  readonly rules: Partial<RaftRules>;
  readonly trace: ((line: Readonly<Record<string, unknown>>) => void) | undefined;
}

/** What an entry carries besides its content. */
export interface EntryKind {
  readonly signature?: boolean;
  readonly configuration?: readonly NodeId[];
  readonly retiredCommitted?: readonly NodeId[];
}

export class Cluster {
  /** Whether nodes made from now on ask before they campaign. */
  preVote = true;
  readonly #options: ClusterOptions;
  readonly #nodes = new Map<NodeId, ScenarioNode>();
  readonly #connections = new Set<string>();
  readonly #random: Random;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** All nodes, by id. */
  get nodes(): ScenarioNode[] {
    return [...this.#nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  has(id: NodeId): boolean {
    return this.#nodes.has(id);
  }

  /** The node of that id. Throws an Error when there is none. */
  node(id: NodeId): ScenarioNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  add(
    id: NodeId,
    options: {
      initialNodes?: readonly NodeId[];
      startAsLeader?: boolean;
      snapshotOf?: ScenarioNode;
    } = {},
  ): ScenarioNode {
    if (id === '') throw new Error('a node needs an id');
    if (this.#nodes.has(id)) throw new Error(`node ${id} exists already`);
    const node = new ScenarioNode({
      id,
      preVote: this.preVote,
      initialNodes: options.initialNodes ?? [],
      startAsLeader: options.startAsLeader ?? false,
      seed: this.#options.seed,
      rules: this.#options.rules,
      trace: this.#options.trace,
      ...(options.snapshotOf !== undefined && { snapshotOf: options.snapshotOf }),
    });
    this.#nodes.set(id, node);
    return node;
  }

  connect(a: NodeId, b: NodeId): void {
    this.#connections.add(`${this.node(a).id} ${this.node(b).id}`).add(`${b} ${a}`);
  }

  disconnect(a: NodeId, b: NodeId): void {
    this.#connections.delete(`${this.node(a).id} ${this.node(b).id}`);
    this.#connections.delete(`${b} ${a}`);
  }

  /** Every other node than `id`. */
  othersThan(id: NodeId): NodeId[] {
    const { id: known } = this.node(id);
    return this.nodes.map((node) => node.id).filter((other) => other !== known);
  }

  /** The primary of the latest view, or undefined when there is none. */
  latestPrimary(): ScenarioNode | undefined {
    const primaries = this.nodes.filter(({ raft }) => raft.isLeader);
    return primaries.sort((a, b) => a.raft.view - b.raft.view).at(-1);
  }

  /** The primary of that view. Throws an Error when there is none. */
  primaryOf(view: View): ScenarioNode {
    const primary = this.nodes.find(({ raft }) => raft.isLeader && raft.view === view);
    if (primary === undefined) throw new Error(`there is no primary in view ${view}`);
    return primary;
  }

  /**
   * Appends an entry on the primary of the view that `term` names. `latest` names the latest view that has one;
   * when there is none, nothing happens.
   */
  append(term: string, data: string, kind: EntryKind = {}): void {
    const primary = term === 'latest' ? this.latestPrimary() : this.primaryOf(Number(term));
    if (primary === undefined) return;
    const { view, last } = primary.raft;
    const entry: ScenarioEntry = { view, seqno: last.seqno + 1, signature: false, ...kind, data };
    primary.step({ type: 'append', entries: [entry] });
  }

  /** Delivers, or loses, up to `count` of the oldest messages of a node. */
  dispatch(from: ScenarioNode, count: number): void {
    for (let sent = 0; sent < count && from.outbox.length > 0; ) {
      const { to, message } = from.outbox.shift() as (typeof from.outbox)[number];
      if (this.#deliver(from, to, message)) sent += 1;
    }
  }

  /** Delivers, or loses, the oldest message on the way from one node to another. */
  dispatchSingle(from: ScenarioNode, to: NodeId): void {
    const index = from.outbox.findIndex((outgoing) => outgoing.to === this.node(to).id);
    const [outgoing] = index === -1 ? [] : from.outbox.splice(index, 1);
    if (outgoing !== undefined) this.#deliver(from, to, outgoing.message);
  }

  /** Delivers what is on the way now, not what follows from it. */
  dispatchAllOnce(nodes: readonly ScenarioNode[] = this.nodes): void {
    const counts = nodes.map((node) => node.outbox.length);
    for (const [index, node] of nodes.entries()) this.dispatch(node, counts[index] ?? 0);
  }

  /** Delivers what is on the way and what follows from it, five times over. */
  dispatchAll(nodes: readonly ScenarioNode[] = this.nodes): void {
    for (let round = 0; round < 5 && nodes.some((node) => node.outbox.length > 0); round++) {
      this.dispatchAllOnce(nodes);
    }
  }

  dropPending(from: ScenarioNode, to: NodeId): void {
    const { id } = this.node(to);
    for (const { message } of from.outbox.filter((outgoing) => outgoing.to === id)) {
      this.#traceLoss(from.id, id, message);
    }
    from.outbox = from.outbox.filter((outgoing) => outgoing.to !== id);
  }

  /** Puts what is on the way between two nodes there once more. */
  duplicatePending(from: ScenarioNode, to: NodeId): void {
    const { id } = this.node(to);
    from.outbox.push(...from.outbox.filter((outgoing) => outgoing.to === id));
  }

  shuffle(from: ScenarioNode): void {
    const { outbox } = from;
    for (let left = outbox.length; left > 1; left--) {
      const picked = this.#random.integer(left);
      const [outgoing] = outbox.splice(picked, 1);
      if (outgoing !== undefined) outbox.push(outgoing);
    }
  }

  /** True when the message arrived; false when it was lost. */
  #deliver(from: ScenarioNode, to: NodeId, message: Message): boolean {
    const target = this.#nodes.get(to);
    const connected = this.#connections.has(`${from.id} ${to}`);
    const attached = connected ? from.attach(message) : undefined;
    if (target === undefined || attached === undefined) {
      this.#traceLoss(from.id, to, message);
      return false;
    }
    target.step({ type: 'receive', from: from.id, message: attached });
    return true;
  }

  #traceLoss(from: NodeId, to: NodeId, message: Message): void {
    this.#options.trace?.({
      function: 'drop_pending_to',
      from_node_id: from,
      to_node_id: to,
      packet: message,
    });
  }
}
