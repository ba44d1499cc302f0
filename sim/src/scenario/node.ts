/**
 * One node of a scenario: the consensus core with a pretended disk, which keeps what is persisted in order, and a
 * queue of the messages that it has sent and nobody has received yet.
 */
import {
  type Consensus,
  type ConsensusEvent,
  type ConsensusSettings,
  type ConsensusStart,
  createRaft,
  type EntryInfo,
  type HardState,
  type LogBase,
  type Message,
  type Outgoing,
  type RaftRules,
  type Ready,
} from '@coco/consensus';
import { type NodeId, type Random, type Seqno, seededRandom, type View } from '@coco/primitives';

/** An entry with its content, which consensus does not look at. */
export interface ScenarioEntry extends EntryInfo {
  readonly data: string;
}

/** How a node of a scenario is made. */
export interface NodeOptions {
  readonly id: NodeId;
  readonly preVote: boolean;
  readonly initialNodes: readonly NodeId[];
  readonly startAsLeader: boolean;
  /** Begins with a snapshot of what that node knows to be committed. */
  readonly snapshotOf?: ScenarioNode;
  readonly seed: number;
  readonly rules: Partial<RaftRules>;
  readonly trace: ConsensusStart['trace'];
}

/** The timing that all scenarios assume. */
const timing = {
  electionTimeoutMs: 100,
  heartbeatMs: 10,
  appendEntriesMax: 20,
  inFlightEntriesMax: 1_000_000,
  sendAtOnce: false,
};

interface Disk {
  entries: ScenarioEntry[];
  hardState: HardState | undefined;
  base: LogBase | undefined;
}

export class ScenarioNode {
  readonly id: NodeId;
  /** Messages sent and not yet delivered, oldest first. */
  outbox: Outgoing[] = [];
  raft: Consensus;
  /** The log as the node has it in memory, from seqno 1: up to the base, that of which the snapshot is the state. */
  log: ScenarioEntry[] = [];
  #kept: Disk | undefined;
  #inDoubt = false;
  #disk: Disk = {
    entries: [],
    hardState: undefined,
    base: undefined,
  };
  /** What waits for a disk that is held; undefined when the disk works. */
  #held: Ready[] | undefined;
  readonly #start: Omit<ConsensusStart, 'hardState' | 'entries' | 'base' | 'startAsLeader'>;
  readonly #rules: Partial<RaftRules>;

  constructor(options: NodeOptions) {
    this.id = options.id;
    this.#rules = options.rules;
    const settings: ConsensusSettings = { ...timing, preVote: options.preVote };
    this.#start = {
      nodeId: options.id,
      settings,
      random: randomOf(options),
      initialNodes: options.initialNodes,
      ...(options.trace !== undefined && { trace: options.trace }),
    };
    if (options.snapshotOf !== undefined) this.#takeSnapshotOf(options.snapshotOf);
    // The view before the first one, so that the first election without a start node leads to view 1.
    else if (!options.startAsLeader) this.#disk.hardState = { view: 0 };
    this.raft = this.#create(options.startAsLeader);
    this.step({ type: 'elapsed', ms: 0 });
  }

  /** Feeds the core with an event and carries out the effects, in the order persist, send. */
  step(event: ConsensusEvent): void {
    const ready = this.raft.step(event);
    if (ready.rollbackTo !== undefined) this.log.length = ready.rollbackTo;
    for (const entry of ready.append ?? []) this.log.push(entry as ScenarioEntry);
    if (this.#held === undefined) this.#carryOut(ready);
    else this.#held.push(ready);
  }

  /** The disk stops: nothing is durable, and nothing leaves, until `releaseDisk`. */
  holdDisk(): void {
    this.#held ??= [];
  }

  releaseDisk(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const ready of held) this.#carryOut(ready);
  }

  /** Whoever owns the disk keeps what is on it now. */
  keepDisk(): void {
    this.#kept = { ...this.#disk, entries: [...this.#disk.entries] };
  }

  /** The process ends, the disk shows what was kept, and the process starts in doubt of it. */
  turnBack(): void {
    if (this.#kept === undefined) throw new Error(`nothing of the disk of node ${this.id} was kept`);
    this.#disk = { ...this.#kept, entries: [...this.#kept.entries] };
    this.#inDoubt = true;
    this.restart();
  }

  /** The process ends and starts again from its disk: what was in memory or waited for the disk is lost. */
  restart(): void {
    const { entries } = this.#disk;
    entries.length = entries.findLastIndex(({ signature }) => signature) + 1;
    this.outbox = [];
    this.#held = undefined;
    this.raft = this.#create(false);
    this.step({ type: 'elapsed', ms: 0 });
  }

  /** The same, with a snapshot of what `source` knows to be committed, unless its own log holds that place. */
  restartFrom(source: ScenarioNode): void {
    const { view, seqno } = baseOf(source);
    if (this.#disk.entries[seqno - 1]?.view !== view) this.#takeSnapshotOf(source);
    this.restart();
  }

  /** `message` as it goes over the network, with its entries; undefined when the node has dropped them since. */
  attach(message: Message): Message | undefined {
    if (message.type !== 'appendEntries') return message;
    if (message.to > this.log.length) return undefined;
    if (message.to > message.previous.seqno && message.previous.seqno < (this.#disk.base?.seqno ?? 0))
      return undefined;
    const entries = this.log.slice(message.previous.seqno, message.to);
    const held = entries.every(({ view }) => view === message.entriesView);
    return held ? { ...message, entries } : undefined;
  }

  #create(startAsLeader: boolean): Consensus {
    const { entries, hardState, base } = this.#disk;
    this.log = [...entries];
    return createRaft(
      {
        ...this.#start,
        entries: entries.slice(base?.seqno),
        ...(base !== undefined && { base }),
        ...(hardState !== undefined && { hardState }),
        ...(startAsLeader && { startAsLeader }),
        ...(this.#inDoubt && { inDoubt: true }),
      },
      this.#rules,
    );
  }

  #takeSnapshotOf(source: ScenarioNode): void {
    const base = baseOf(source);
    this.#disk.base = base;
    this.#disk.entries = source.log.slice(0, base.seqno);
  }

  #carryOut(ready: Ready): void {
    const disk = this.#disk;
    if (ready.rollbackTo !== undefined) disk.entries.length = Math.min(disk.entries.length, ready.rollbackTo);
    if (ready.hardState !== undefined) disk.hardState = ready.hardState;
    for (const entry of ready.append ?? []) disk.entries.push(entry as ScenarioEntry);
    this.outbox.push(...ready.send);
    const last = ready.append?.at(-1);
    if (last !== undefined) this.step({ type: 'persisted', upTo: { view: last.view, seqno: last.seqno } });
  }
}

/** What a snapshot of the committed part of a node's log tells. Throws an Error when nothing is committed. */
function baseOf({ id, raft, log }: ScenarioNode): LogBase {
  const seqno = raft.commit;
  const [configuration] = raft.status().configurations;
  if (seqno === 0 || configuration === undefined)
    throw new Error(`node ${id} has nothing to make a snapshot of`);
  const views: { view: View; from: Seqno }[] = [];
  const leaving = new Set<NodeId>();
  for (const entry of log.slice(0, seqno)) {
    if (entry.view !== views.at(-1)?.view) views.push({ view: entry.view, from: entry.seqno });
    for (const node of entry.configuration ?? []) leaving.add(node);
    for (const node of entry.retiredCommitted ?? []) leaving.delete(node);
  }
  for (const node of configuration.nodes) leaving.delete(node);
  return { view: raft.viewAt(seqno) ?? 0, seqno, views, configuration, leaving: [...leaving] };
}

/** Numbers of its own for each node, the same in each run. */
function randomOf({ id, seed }: NodeOptions): Random {
  let mixed = seed;
  for (const character of id) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193);
  return seededRandom(mixed);
}
