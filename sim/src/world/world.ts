/**
 * The whole invented world as plain data: nodes, disks, network, time. Everything in it follows from one seed.
 */
import type {
  Consensus,
  ConsensusEvent,
  ConsensusStart,
  ConsensusStatus,
  HardState,
  Message,
  Ready,
} from '@coco/consensus';
import {
  type NodeId,
  type Random,
  type Seqno,
  seededRandom,
  type TxId,
  type TxStatus,
  type View,
} from '@coco/primitives';
import { type Counts, createCounts } from './counts.js';
import { createDisk, type DiskState, type SimDisk } from './disk.js';
import { createEventHash, type EventHash } from './event-hash.js';
import { createHistory, type History } from './history.js';
import { drawProfile, type Profile } from './profile.js';
import { createTimeQueue, type TimeQueue } from './queue.js';
import type { LogRecord } from './record.js';
import { createStandings, type Standings } from './standing.js';

/** The state of a run. */
export interface World {
  readonly seed: number;
  readonly random: Random;
  profile: Profile;
  nowUs: number;
  readonly queue: TimeQueue<Happening>;
  readonly nodes: readonly SimNode[];
  readonly byId: ReadonlyMap<NodeId, SimNode>;
  readonly initialNodes: readonly NodeId[];
  /** Whether nodes come and go. */
  readonly membership: boolean;
  readonly standings: Standings;
  readonly create: (start: ConsensusStart) => Consensus;
  readonly honours: Honours;
  readonly observers: Observers;
  readonly history: History;
  readonly hash: EventHash;
  readonly counts: Counts;
  /** cuts[from * nodes + to] > 0: nothing passes from `from` to `to`. */
  readonly cuts: Int32Array;
  /** Time of the last arrival per link, for networks that keep order. */
  readonly arrivals: Float64Array;
  /** Raised by healing: cuts planned before are void, messages sent before are lost, as connections are made anew. */
  healing: number;
  nextDigest: number;
  /** Every record made, for questions about their status. */
  readonly made: LogRecord[];
  /** The furthest entry that anyone took for committed. */
  committed: LogRecord | undefined;
  workloadOn: boolean;
  faultsOn: boolean;
}

/** A node: its machine, and a driver that carries out what the machine asks for. */
export interface SimNode {
  readonly index: number;
  readonly id: NodeId;
  /** Not there yet; there, be it up or down; switched off for good. */
  stage: 'absent' | 'present' | 'gone';
  readonly disk: SimDisk;
  /** Undefined while the node is down. */
  machine: Consensus | undefined;
  /** Counts starts. Happenings that belong to an earlier life are void. */
  life: number;
  /** It has started before. */
  ran: boolean;
  /** What the machine believes its log to be; log[i] has seqno i + 1. */
  readonly log: LogRecord[];
  /** The latest hard state that the machine asked to persist, or that it was started with. */
  announced: HardState | undefined;
  /** Readys whose effects wait for the disk, in order. */
  waiting: Effects[];
  /** Readys covered by the sync now running; empty when the disk is idle. */
  syncing: Effects[];
  /** Counts syncs over all lives. */
  sync: number;
  applied: Seqno;
  paused: boolean;
  /** Happenings that reached the node while it was paused, in order. */
  readonly held: Happening[];
  clockRate: number;
  lastTickUs: number;
  /** Earlier states of the disk, kept by whoever owns it. */
  readonly kept: DiskState[];
  /** The log that was on the disk before it was turned back; undefined when the node is not turned back, or cleared. */
  hidden: readonly LogRecord[] | undefined;
  /** Its disk was turned back at some time. */
  turned: boolean;
  /** It has no lease: whoever has quarantined it does not talk to it. */
  lapsed: boolean;
}

/** A Ready and what it means for the disk. */
export interface Effects {
  readonly ready: Ready;
  readonly appended: readonly LogRecord[];
  readonly durableNeeded: boolean;
  /** Per message of the Ready, where the host reads entries when the step is taken. */
  readonly records: readonly (readonly LogRecord[])[] | undefined;
}

/** A message on the wire with the entries that travel with it. */
export interface Envelope {
  readonly from: SimNode;
  readonly to: SimNode;
  readonly message: Message;
  readonly records: readonly LogRecord[];
  /** `World.healing` when it was sent. */
  readonly healing: number;
}

/** What can happen in the world at a moment. */
export type Happening =
  | { readonly type: 'deliver'; readonly envelope: Envelope }
  | { readonly type: 'tick'; readonly node: SimNode; readonly life: number }
  | { readonly type: 'synced'; readonly node: SimNode; readonly sync: number }
  | { readonly type: 'told'; readonly node: SimNode; readonly life: number }
  | { readonly type: 'resume'; readonly node: SimNode; readonly life: number }
  | { readonly type: 'restart'; readonly node: SimNode; readonly life: number }
  | { readonly type: 'mend'; readonly links: readonly number[]; readonly healing: number }
  | { readonly type: 'strike' }
  | { readonly type: 'ambush'; readonly victim: SimNode; readonly fault: Profile['faults'][number] }
  | { readonly type: 'work' }
  | { readonly type: 'ask' }
  | { readonly type: 'reconfigure'; readonly healing: number };

/** Parts of the contract that a mutant of the world can stop honouring. */
export interface Honours {
  /** A Ready's sends wait until its persist is durable. */
  readonly sendAfterPersist: boolean;
  /** Hard state reaches the disk. */
  readonly persistHardState: boolean;
  /** `persisted` is told only when the disk has finished. */
  readonly persistedWhenDurable: boolean;
  /** A new primary appends a signature before anything else. */
  readonly signFirst: boolean;
  /** Entries that were replaced meanwhile are not sent under the old view. */
  readonly sendOnlyFromLog: boolean;
  /** A snapshot is of what is committed. */
  readonly snapshotsOnlyCommitted: boolean;
  /** The base of a snapshot tells all views of the ledger. */
  readonly baseTellsViews: boolean;
  /** The base of a snapshot tells the configuration in force. */
  readonly baseTellsConfiguration: boolean;
  /** A node that takes a snapshot keeps its view and its vote. */
  readonly keepsHardStateOnRejoin: boolean;
  /** A node that takes a snapshot keeps its log where that holds the place of the snapshot. */
  readonly keepsLogOnRejoin: boolean;
  /** A node that left is switched off only when the record of that is committed. */
  readonly switchesOffWhenRecorded: boolean;
  /** The links of a node that is quarantined are cut when that is appended. */
  readonly cutsOffAtOnce: boolean;
  /** A node that does not lead goes by what is committed when it cuts links, and opens them for who was taken back since. */
  readonly shunsWhenCommitted: boolean;
}

/** A step of one node, before and after. */
export interface StepSeen {
  nowUs: number;
  node: SimNode;
  event: ConsensusEvent;
  envelope: Envelope | undefined;
  ready: Ready;
  /** Records that the step added to the node's log. */
  appended: readonly LogRecord[];
  /** Records that the step removed from the node's log, ascending. */
  removed: readonly LogRecord[];
  before: Facts;
  after: Facts;
  /** Asked of the machine at most once per step. */
  status(): ConsensusStatus;
}

/** What is cheap to know of a node. */
export interface Facts {
  view: View;
  commit: Seqno;
  isLeader: boolean;
  hardState: HardState | undefined;
}

/** Who watches a run. Each list holds the hooks of all checkers that want them. */
export interface Observers {
  readonly step: ((seen: StepSeen) => void)[];
  readonly sent: ((envelope: Envelope) => void)[];
  readonly applied: ((node: SimNode, record: LogRecord) => void)[];
  readonly started: ((node: SimNode) => void)[];
  readonly answered: ((node: SimNode, id: TxId, status: TxStatus) => void)[];
}

/** What a run is made from. */
export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly create: (start: ConsensusStart) => Consensus;
  readonly honours?: Partial<Honours>;
  readonly chaosMs?: number;
  /** Nodes come and go at random; twice as many again are there to join. Default false. */
  readonly membership?: boolean;
  /** Disks are turned back. Default: in some runs. */
  readonly turning?: boolean;
}

/** A world at time 0 in which nothing has started yet. */
export function createWorld(options: WorldOptions): World {
  const random = seededRandom(options.seed);
  const initialNodes = Array.from({ length: options.nodes }, (_, index) => `n${index}`);
  const size = options.nodes * (options.membership === true ? 3 : 1);
  const nodes = Array.from({ length: size }, (_, index) =>
    createNode(`n${index}`, index, index < options.nodes ? 'present' : 'absent'),
  );
  return {
    seed: options.seed,
    random,
    profile: drawProfile(random, options.chaosMs, options.turning),
    nowUs: 0,
    queue: createTimeQueue(),
    nodes,
    byId: new Map(nodes.map((node) => [node.id, node])),
    initialNodes,
    membership: options.membership === true,
    standings: createStandings(initialNodes),
    create: options.create,
    honours: { ...honoursAll, ...options.honours },
    observers: { step: [], sent: [], applied: [], started: [], answered: [] },
    history: createHistory(),
    hash: createEventHash(),
    counts: createCounts(),
    cuts: new Int32Array(size * size),
    arrivals: new Float64Array(size * size),
    healing: 0,
    nextDigest: 1,
    made: [],
    committed: undefined,
    workloadOn: true,
    faultsOn: true,
  };
}

const honoursAll: Honours = {
  sendAfterPersist: true,
  persistHardState: true,
  persistedWhenDurable: true,
  signFirst: true,
  sendOnlyFromLog: true,
  snapshotsOnlyCommitted: true,
  baseTellsViews: true,
  baseTellsConfiguration: true,
  keepsHardStateOnRejoin: true,
  keepsLogOnRejoin: true,
  switchesOffWhenRecorded: true,
  cutsOffAtOnce: true,
  shunsWhenCommitted: true,
};

/** The nodes that are there, be they up or down. */
export function present(world: World): SimNode[] {
  return world.nodes.filter(({ stage }) => stage === 'present');
}

function createNode(id: NodeId, index: number, stage: SimNode['stage']): SimNode {
  return {
    index,
    id,
    stage,
    disk: createDisk(),
    machine: undefined,
    life: 0,
    ran: false,
    log: [],
    announced: undefined,
    waiting: [],
    syncing: [],
    sync: 0,
    applied: 0,
    paused: false,
    held: [],
    clockRate: 1,
    lastTickUs: 0,
    kept: [],
    hidden: undefined,
    turned: false,
    lapsed: false,
  };
}
