/**
 * One node under test, with the rest of the network played by the test (the manner of etcd's tests of the paper).
 */
import { seededRandom } from '@coco/primitives';
import {
  type Consensus,
  type ConsensusSettings,
  type ConsensusStart,
  createRaft,
  type EntryInfo,
  type Message,
  type RaftRules,
  type Ready,
} from './index.js';

export type MessageOf<Type extends Message['type']> = Extract<Message, { readonly type: Type }>;

/**
 * A log in short: views, with `s` after a signature, `e` after any other entry; "2e 2s 3s" is an entry and a signature
 * of view 2 and a signature of view 3.
 */
export function entriesOf(text: string, after = 0): EntryInfo[] {
  const words = text.split(' ').filter((word) => word !== '');
  return words.map((word, index) => ({
    view: Number.parseInt(word, 10),
    seqno: after + index + 1,
    signature: word.endsWith('s'),
  }));
}

/** What a log looks like in the same words, from its views alone. */
export function viewsOf(raft: Consensus): string {
  return Array.from({ length: raft.last.seqno }, (_, index) => raft.viewAt(index + 1)).join(' ');
}

export interface SoloOptions {
  readonly id?: string;
  readonly nodes?: readonly string[];
  /** What is on disk, after the base if there is one, in the words of `entriesOf`. */
  readonly log?: string;
  /** The same, in full. */
  readonly entries?: readonly EntryInfo[];
  readonly base?: ConsensusStart['base'];
  readonly heldFrom?: number;
  readonly hardState?: ConsensusStart['hardState'];
  readonly commit?: number;
  readonly inDoubt?: boolean;
  readonly settings?: Partial<ConsensusSettings>;
  readonly rules?: Partial<RaftRules>;
  readonly trace?: ConsensusStart['trace'];
  readonly seed?: number;
}

export const electionTimeoutMs = 100;

/** Node "a" of {a, b, c}, unless options say otherwise, and shorthands for what can happen to it. */
export class Solo {
  readonly raft: Consensus;

  constructor(options: SoloOptions = {}) {
    this.raft = createRaft(
      {
        nodeId: options.id ?? 'a',
        initialNodes: options.nodes ?? ['a', 'b', 'c'],
        random: seededRandom(options.seed ?? 1),
        settings: {
          electionTimeoutMs,
          heartbeatMs: 10,
          appendEntriesMax: 100,
          inFlightEntriesMax: 1000,
          preVote: false,
          ...options.settings,
        },
        ...(options.log !== undefined && { entries: entriesOf(options.log, options.base?.seqno) }),
        ...(options.entries !== undefined && { entries: options.entries }),
        ...(options.base !== undefined && { base: options.base }),
        ...(options.heldFrom !== undefined && { heldFrom: options.heldFrom }),
        ...(options.hardState !== undefined && { hardState: options.hardState }),
        ...(options.commit !== undefined && { commit: options.commit }),
        ...(options.inDoubt !== undefined && { inDoubt: options.inDoubt }),
        ...(options.trace !== undefined && { trace: options.trace }),
      },
      options.rules,
    );
  }

  elapse(ms: number): Ready {
    return this.raft.step({ type: 'elapsed', ms });
  }

  receive(from: string, message: Message): Ready {
    return this.raft.step({ type: 'receive', from, message });
  }

  /** Appends as the primary: `e` and `s` of its view. */
  append(kinds: string): Ready {
    const { last, view } = this.raft;
    const words = kinds.split(' ').map((kind) => `${view}${kind}`);
    return this.raft.step({ type: 'append', entries: entriesOf(words.join(' '), last.seqno) });
  }

  /** Everything in the log is durable. */
  persist(): Ready {
    return this.raft.step({ type: 'persisted', upTo: this.raft.last });
  }

  /** Campaigns and wins with the votes of `voters`. */
  lead(voters: readonly string[] = ['b', 'c']): Ready {
    let ready = this.elapse(electionTimeoutMs);
    for (const voter of voters) {
      if (!this.raft.isLeader) ready = this.vote(voter);
    }
    return ready;
  }

  vote(from: string, granted = true, view = this.raft.view): Ready {
    return this.receive(from, { type: 'requestVoteResponse', view, granted });
  }

  ask(from: string, view: number, position: { view: number; seqno: number }): Ready {
    return this.receive(from, { type: 'requestVote', view, lastCommittable: position });
  }

  askFirst(from: string, view: number, position: { view: number; seqno: number }): Ready {
    return this.receive(from, { type: 'requestPreVote', view, lastCommittable: position });
  }

  /** An append message of `from`: after `previous`, the entries `text`. */
  hear(from: string, view: number, previous: { view: number; seqno: number }, text = '', commit = 0): Ready {
    const entries = entriesOf(text, previous.seqno);
    return this.receive(from, {
      type: 'appendEntries',
      view,
      previous,
      to: previous.seqno + entries.length,
      entriesView: entries[0]?.view ?? previous.view,
      commit,
      entries,
    });
  }

  ack(from: string, last: number, view = this.raft.view): Ready {
    const lastView = this.raft.viewAt(last) ?? view;
    return this.receive(from, { type: 'appendEntriesResponse', view, success: true, last, lastView });
  }

  nack(from: string, last: number, lastView: number, view = this.raft.view): Ready {
    return this.receive(from, { type: 'appendEntriesResponse', view, success: false, last, lastView });
  }
}

/** The messages of one type in a `Ready`, by receiver. */
export function sentIn<Type extends Message['type']>(
  ready: Ready,
  type: Type,
): Record<string, MessageOf<Type>[]> {
  const sent: Record<string, MessageOf<Type>[]> = {};
  for (const { to, message } of ready.send) {
    if (message.type === type) sent[to] = [...(sent[to] ?? []), message as MessageOf<Type>];
  }
  return sent;
}

/** The only message of a `Ready`, which must be of that type. */
export function onlyIn<Type extends Message['type']>(ready: Ready, type: Type): MessageOf<Type> {
  const [outgoing, ...others] = ready.send;
  if (outgoing?.message.type !== type || others.length > 0) {
    throw new Error(`expected one ${type}, got ${JSON.stringify(ready.send)}`);
  }
  return outgoing.message as MessageOf<Type>;
}

/** Node "a" as the leader of the next view, with that log. */
export function primary(log = '', settings = {}, view?: number): Solo {
  const hardState = view === undefined ? undefined : { view: view - 1 };
  const node = new Solo({ log, settings, ...(hardState && { hardState }) });
  node.lead();
  if (!node.raft.isLeader) throw new Error('the node did not come to lead');
  return node;
}
