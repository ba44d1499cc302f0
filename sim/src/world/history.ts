/**
 * The last things that happened, kept as references and put into words only when somebody asks: a violation is
 * reported with the events that led to it.
 */
import type { ConsensusEvent, Doubt, Message, Ready } from '@coco/consensus';
import { formatTxId, type TxId } from '@coco/primitives';
import type { StepSeen } from './world.js';

/** A ring of the latest events. */
export interface History {
  step(seen: StepSeen): void;
  /** Something that befell a node or the network, in words made only if asked for. */
  note(nowUs: number, who: string, words: () => string): void;
  /** The last `count` events, oldest first, one line each. */
  lines(count: number): string[];
  /** Also hands every line to `sink` as it happens. */
  follow(sink: (line: string) => void): void;
}

/** A step, or a note when `note` is set. Slots are reused: a run makes millions of them. */
interface Slot {
  nowUs: number;
  who: string;
  note: (() => string) | undefined;
  event: ConsensusEvent | undefined;
  ready: Ready | undefined;
  view: number;
  commit: number;
  isLeader: boolean;
  last: TxId | undefined;
}

const keptMax = 128;

/** An empty history. */
export function createHistory(): History {
  const ring = Array.from({ length: keptMax }, emptySlot);
  let count = 0;
  let sink: ((line: string) => void) | undefined;
  return {
    step({ nowUs, node, event, ready, after }) {
      const slot = ring[count++ % keptMax] as Slot;
      slot.nowUs = nowUs;
      slot.who = node.id;
      slot.note = undefined;
      slot.event = event;
      slot.ready = ready;
      slot.view = after.view;
      slot.commit = after.commit;
      slot.isLeader = after.isLeader;
      slot.last = node.log[node.log.length - 1];
      sink?.(lineOf(slot));
    },
    note(nowUs, who, words) {
      const slot = ring[count++ % keptMax] as Slot;
      slot.nowUs = nowUs;
      slot.who = who;
      slot.note = words;
      sink?.(lineOf(slot));
    },
    lines(wanted) {
      const lines: string[] = [];
      for (let i = Math.max(0, count - Math.min(wanted, keptMax)); i < count; i++) {
        lines.push(lineOf(ring[i % keptMax] as Slot));
      }
      return lines;
    },
    follow(to) {
      sink = to;
    },
  };
}

function emptySlot(): Slot {
  return {
    nowUs: 0,
    who: '',
    note: undefined,
    event: undefined,
    ready: undefined,
    view: 0,
    commit: 0,
    isLeader: false,
    last: undefined,
  };
}

function lineOf(slot: Slot): string {
  const { who, note, event, ready, view, commit, isLeader, last } = slot;
  const head = `${when(slot.nowUs)} ${who}`;
  if (note !== undefined || event === undefined || ready === undefined) return `${head} -- ${note?.() ?? ''}`;
  const role = isLeader ? 'L' : ' ';
  const facts = `${role} view=${view} last=${last ? formatTxId(last) : '0'} commit=${commit}`;
  return `${head} ${facts}  ${eventText(event)}${readyText(ready)}`;
}

function when(nowUs: number): string {
  return `${(nowUs / 1000).toFixed(3).padStart(10)}ms`;
}

function eventText(event: ConsensusEvent): string {
  switch (event.type) {
    case 'elapsed':
      return `elapsed ${event.ms}ms`;
    case 'receive':
      return `from ${event.from}: ${messageText(event.message)}`;
    case 'append':
      return `append ${event.entries.map((e) => formatTxId(e) + (e.signature ? 's' : '')).join(' ')}`;
    case 'persisted':
      return `persisted ${formatTxId(event.upTo)}`;
    case 'transferLeadership':
      return `transfer leadership to ${event.to ?? 'anyone'}`;
  }
}

function messageText(message: Message): string {
  const head = `${message.type} v${message.view}`;
  switch (message.type) {
    case 'appendEntries':
      return `${head} (${formatTxId(message.previous)}..${message.to}]@${message.entriesView} commit=${message.commit}${clearanceText(message)}`;
    case 'appendEntriesResponse':
      return `${head} ${message.success ? 'ok' : 'NO'} last=${message.lastView}.${message.last}${doubtText(message.doubt)}`;
    case 'requestVote':
    case 'requestPreVote':
      return `${head} lastSigned=${formatTxId(message.lastCommittable)}`;
    case 'requestVoteResponse':
    case 'requestPreVoteResponse':
      return `${head} ${message.granted ? 'granted' : 'refused'}${doubtText(message.doubt)}`;
    case 'proposeRequestVote':
      return head;
  }
}

function doubtText(doubt: Doubt | undefined): string {
  if (doubt === undefined) return '';
  return ` in doubt, showed view ${doubt.view} and ${formatTxId(doubt.signed)}`;
}

function clearanceText({ clearance }: Extract<Message, { readonly type: 'appendEntries' }>): string {
  if (clearance === undefined) return '';
  const { life, fence, remembered } = clearance;
  const cleared = fence === undefined ? 'not cleared' : `cleared from ${fence} on`;
  return ` life ${life} ${cleared}${remembered === undefined ? '' : ', was turned back'}`;
}

function readyText(ready: Ready): string {
  let text = '';
  if (ready.rollbackTo !== undefined) text += ` | rollback to ${ready.rollbackTo}`;
  if (ready.hardState !== undefined) {
    text += ` | hard state view=${ready.hardState.view} vote=${ready.hardState.votedFor ?? '-'}`;
  }
  if (ready.append !== undefined && ready.append.length > 0) text += ` | stores ${ready.append.length}`;
  if (ready.commit !== undefined) text += ` | COMMIT ${ready.commit}`;
  if (ready.sign === true) text += ' | SIGN';
  for (const { node } of ready.turnedBack ?? []) text += ` | ${node} WAS TURNED BACK`;
  if (ready.role !== undefined) text += ` | ${ready.role.state} of ${ready.role.primary ?? '-'}`;
  for (const { to, message } of ready.send) text += `\n${' '.repeat(22)}-> ${to}: ${messageText(message)}`;
  return text;
}
