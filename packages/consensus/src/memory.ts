/**
 * What a node remembers of what others told it, for as long as it runs: by that a node is found out whose disk was turned
 * back while it was down. Safety does not rest on it, for nobody hears everything; it only ever takes trust away.
 */
import type { NodeId, TxId } from '@coco/primitives';
import { signatureAtOrBelow, viewAt } from './log.js';
import type { RaftState } from './state.js';
import type { Doubt, Memory, Message } from './types.js';

/** What another node told in its present life. */
export interface Told extends Memory {
  /** 0 for a node that has none. */
  readonly life: number;
  /** Earlier lives: what still arrives of them says nothing new. */
  readonly past: readonly number[];
  /** It has answered in this life without being in doubt. */
  readonly cleared: boolean;
  /** What it had told before this life. */
  readonly before: Memory;
  /** The same, where its disk then showed less. */
  readonly turnedBack: Memory | undefined;
}

type Acknowledgement = Extract<Message, { readonly type: 'appendEntriesResponse' }>;

const pastMax = 8;
const nothing: Memory = { view: 0, signed: { view: 0, seqno: 0 }, signedInView: 0 };

/** Takes notice of what any message says of its sender. */
export function hear(state: RaftState, from: NodeId, message: Message): void {
  const known = state.told.get(from);
  const life = message.life ?? 0;
  if (known?.past.includes(life) === true) return;
  const told = known?.life === life ? known : bornAgain(life, known);
  const doubt = 'doubt' in message ? message.doubt : undefined;
  const turnedBack = told.turnedBack ?? (doubt && turnedBackFrom(state, told.before, doubt));
  if (doubt !== undefined && turnedBack !== undefined && told.turnedBack === undefined) {
    state.effects.turnedBack.push({ node: from, shown: doubt, remembered: turnedBack });
  }
  const cleared = told.cleared || (isAnswer(message) && doubt === undefined);
  const view = Math.max(told.view, message.view);
  const isNews =
    told !== known || view > told.view || cleared !== told.cleared || turnedBack !== told.turnedBack;
  if (isNews) state.told.set(from, { ...told, view, cleared, turnedBack });
}

/** As the primary: a peer that is not in doubt acknowledged the log. */
export function rememberSigned(state: RaftState, from: NodeId, { life = 0, last }: Acknowledgement): void {
  const told = state.told.get(from);
  if (told?.life !== life) return;
  const { log } = state;
  const seqno = signatureAtOrBelow(log, last) ?? (last >= log.commit ? log.commit : 0);
  const signed = { view: viewAt(log, seqno) ?? 0, seqno };
  if (!isBefore(told.signed, signed)) return;
  state.told.set(from, { ...told, signed, signedInView: state.view });
}

/** In doubt it makes no new promises; so the older ones hold until it was cleared. */
function bornAgain(life: number, known: Told | undefined): Told {
  const { view, signed, signedInView } = known ?? nothing;
  const last: Memory = { view, signed, signedInView };
  return {
    ...nothing,
    life,
    past: known === undefined ? [] : [...known.past, known.life].slice(-pastMax),
    cleared: false,
    before: known === undefined || known.cleared ? last : latest(known.before, last),
    turnedBack: undefined,
  };
}

/**
 * A node has started: what it had told, if its disk shows less. What it acknowledged may be gone for good reasons once
 * another view began, unless it is committed.
 */
function turnedBackFrom(state: RaftState, before: Memory, shown: Doubt): Memory | undefined {
  const mustHold = shown.view === before.signedInView || isCommitted(state, before.signed);
  const isBehind = shown.view < before.view || (mustHold && isBefore(shown.signed, before.signed));
  return isBehind ? before : undefined;
}

function latest(one: Memory, other: Memory): Memory {
  const { signed, signedInView } = isBefore(one.signed, other.signed) ? other : one;
  return { view: Math.max(one.view, other.view), signed, signedInView };
}

function isAnswer({ type }: Message): boolean {
  return (
    type === 'appendEntriesResponse' || type === 'requestVoteResponse' || type === 'requestPreVoteResponse'
  );
}

function isCommitted({ log }: RaftState, { view, seqno }: TxId): boolean {
  return seqno <= log.commit && viewAt(log, seqno) === view;
}

function isBefore(one: TxId, other: TxId): boolean {
  return one.view < other.view || (one.view === other.view && one.seqno < other.seqno);
}
