/**
 * What the primary does by itself to make the shared key (CONF-3): it begins a ceremony when the key is to be shared otherwise than
 * it is, goes on when enough have dealt, ends it when the holders have their shares, and begins anew what cannot succeed.
 *
 *     dealing   everybody who can deal does (all that hold shares, when those are made anew), once
 *     judging   the holders check what was dealt to them, and complain or say that they are ready
 *     over      the key is the sum of the deals that count (public:coco.network_key)
 *
 * Everything is decided by the tables and the primary's wall clock, and only how soon things happen depends on the clock. What nodes
 * say is taken in contribute.ts; what each of them does is in participant.ts.
 */
import { ceremonyDigest, type Deal, finishKey } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { CocoError, fromHex, toHex } from '@coco/primitives';
import { networkDigest } from '../decideAttestation.js';
import { rowKey } from '../rows.js';
import { governanceTables } from '../tables.js';
import {
  beginCeremony,
  changeCeremony,
  endCeremony,
  type RunningCeremony,
  readCeremony,
  readCeremonyRecord,
} from './ceremonyRow.js';
import { type DealRecord, keepDeals, readDeal, readDeals, writeFaulty } from './dealRow.js';
import {
  holdsShare,
  isSameSharing,
  reachableHolders,
  type Sharing,
  trustedActorNodes,
  wantedSharing,
} from './holders.js';
import { type KeyBrief, readKeyBrief, readThresholdKey, writeNetworkKey } from './keyRow.js';

/** Whether `advanceCeremony` has something to do. Cheap when it has not. */
export function isCeremonyDue(reader: Reader, nowMs: number): boolean {
  return nextStep(reader, nowMs) !== undefined;
}

export interface AdvanceInput {
  /** The primary's wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  /** 32 bytes that no other ceremony has. */
  readonly newId: () => Uint8Array;
}

/** Takes the next step that is due, one at a time. Called while `isCeremonyDue`. */
export function advanceCeremony(transaction: Transaction, input: AdvanceInput): 'changed' | 'nothing' {
  const step = nextStep(transaction, input.nowMs);
  if (step === undefined) return 'nothing';
  switch (step.kind) {
    case 'begin':
      begin(transaction, step.sharing, input);
      break;
    case 'give up':
      endCeremony(transaction);
      keepDeals(transaction, presentCeremony(transaction));
      break;
    case 'judge':
      changeCeremony(transaction, { phase: 'judging', phaseAtMs: input.nowMs, counted: step.dealers });
      break;
    case 'leave out':
      leaveOut(transaction, step.running, step.dealers, input.nowMs);
      break;
    case 'finish':
      finish(transaction, step.running, input.nowMs);
      break;
  }
  return 'changed';
}

/** Who deals, by number: the holders of the key when its shares are made anew. */
export function dealersIn(reader: Reader, { isResharing, actors }: RunningCeremony): readonly string[] {
  return isResharing ? Object.keys(readKeyBrief(reader)?.holders ?? {}) : actors;
}

type Step =
  | { readonly kind: 'begin'; readonly sharing: Sharing }
  | { readonly kind: 'give up' }
  | { readonly kind: 'judge'; readonly dealers: readonly number[] }
  | { readonly kind: 'leave out'; readonly running: RunningCeremony; readonly dealers: readonly number[] }
  | { readonly kind: 'finish'; readonly running: RunningCeremony };

/** No ceremony begins so soon after the last, except in its place. */
const pauseMs = 10_000;

/** So long the holders who take part are waited for, those who deal as those who judge. */
const waitMs = 15_000;

/** So long all who could deal are waited for once as many have as are needed, where shares are made anew. */
const othersMs = 5000;

/** Shares are not made anew so soon for those who say that they have none: that costs all the others work. */
const askedMs = 60_000;

function nextStep(reader: Reader, nowMs: number): Step | undefined {
  const running = readCeremony(reader);
  const sharing = wantedSharing(reader);
  const key = readKeyBrief(reader);
  if (running === undefined) {
    return sharing !== undefined && isDue(reader, sharing, key, nowMs)
      ? { kind: 'begin', sharing }
      : undefined;
  }
  if (sharing === undefined) return { kind: 'give up' };
  if (!isSameSharing(running, sharing)) {
    return key !== undefined && isSameSharing(key, sharing)
      ? { kind: 'give up' }
      : { kind: 'begin', sharing };
  }
  const deals = readDeals(reader, running.digest);
  const needed = key === undefined ? running.threshold : key.threshold;
  if (running.phase === 'dealing') return afterDealing(reader, running, { deals, needed, nowMs });
  if (running.counted.length >= needed) return afterJudging(reader, running, { deals, needed, nowMs });
  return isOver(running.begunAtMs, pauseMs, nowMs) ? { kind: 'begin', sharing } : undefined;
}

function isDue(reader: Reader, sharing: Sharing, key: KeyBrief | undefined, nowMs: number): boolean {
  if (key === undefined) {
    // A row that does not read is no reason to make another key: everything is sealed to that one.
    if (reader.has(governanceTables.networkKey, rowKey(undefined))) return false;
    return reachableHolders(reader, sharing.holders).size >= sharing.threshold;
  }
  if (!isSameSharing(key, sharing)) return isOver(key.begunAtMs, pauseMs, nowMs);
  if (key.asked.length === 0 || !isOver(key.madeAtMs, askedMs, nowMs)) return false;
  return trustedActorNodes(reader).some(
    (node) => key.asked.includes(node.nodeId) && holdsShare(key.holders, node),
  );
}

interface Progress {
  readonly deals: readonly DealRecord[];
  /** How many deals must count. */
  readonly needed: number;
  readonly nowMs: number;
}

function afterDealing(
  reader: Reader,
  running: RunningCeremony,
  { deals, needed, nowMs }: Progress,
): Step | undefined {
  if (deals.length < needed) return undefined;
  const dealers = deals.map(({ dealer }) => dealer);
  const taking = new Set(trustedActorNodes(reader).map(({ actorId }) => actorId));
  const all = dealersIn(reader, running).every((id, i) => !taking.has(id) || dealers.includes(i + 1));
  const isLate = isOver(running.phaseAtMs, running.isResharing ? othersMs : waitMs, nowMs);
  return all || isLate ? { kind: 'judge', dealers } : undefined;
}

function afterJudging(
  reader: Reader,
  running: RunningCeremony,
  { deals, needed, nowMs }: Progress,
): Step | undefined {
  const { ready, counted, threshold, holders } = running;
  const enough = ready.length >= threshold;
  const all = [...reachableHolders(reader, holders)].every((id) => ready.includes(id));
  if (enough && all) return { kind: 'finish', running };
  if (!isOver(running.phaseAtMs, waitMs, nowMs)) return undefined;
  const silent = deals
    .filter(({ unopened, answered }) => unopened.some((recipient) => !answered.includes(recipient)))
    .map(({ dealer }) => dealer)
    .filter((dealer) => counted.includes(dealer));
  // Rather a key of which somebody has no share than none at all.
  const spared = counted.length - silent.length < needed && enough;
  if (silent.length > 0 && !spared) return { kind: 'leave out', running, dealers: silent };
  return enough ? { kind: 'finish', running } : undefined;
}

/** A clock that was far ahead must not hold everything up. */
function isOver(sinceMs: number, ms: number, nowMs: number): boolean {
  return nowMs - sinceMs >= ms || sinceMs - nowMs > 60_000;
}

function begin(transaction: Transaction, sharing: Sharing, { nowMs, newId }: AdvanceInput): void {
  const key = readKeyBrief(transaction);
  const previous = key === undefined ? undefined : readThresholdKey(key.encoded);
  const network = fromHex(networkDigest(transaction)) ?? new Uint8Array(0);
  const actors = Object.keys(sharing.holders);
  const fresh = { network, id: newId(), threshold: sharing.threshold, actors };
  const ceremony = previous === undefined ? fresh : { ...fresh, previous };
  keepDeals(transaction, presentCeremony(transaction));
  beginCeremony(transaction, {
    ceremony,
    digest: toHex(ceremonyDigest(ceremony)),
    holders: sharing.holders,
    generation: (key?.generation ?? 0) + 1,
    nowMs,
    ...(key !== undefined && { previous: key.encoded }),
  });
}

function leaveOut(
  transaction: Transaction,
  { digest, counted }: RunningCeremony,
  dealers: readonly number[],
  nowMs: number,
): void {
  const reason = 'a recipient says that nothing came for it, and the dealer has not shown what it sent';
  for (const dealer of dealers) writeFaulty(transaction, digest, dealer, { reason });
  const left = counted.filter((dealer) => !dealers.includes(dealer));
  changeCeremony(transaction, { phaseAtMs: nowMs, counted: left, ready: [] });
}

function finish(transaction: Transaction, running: RunningCeremony, nowMs: number): void {
  const { digest, counted, holders, threshold, generation, begunAtMs } = running;
  const ceremony = readCeremonyRecord(transaction);
  const deals = counted.map((dealer) => readDeal(transaction, digest, dealer));
  const key =
    ceremony === undefined || deals.includes(undefined) ? undefined : keyOf(ceremony, deals as Deal[]);
  if (ceremony === undefined || key === undefined) {
    // Deals were checked before they were written: what is left is that they add up to nothing, which nobody meets.
    changeCeremony(transaction, { counted: [], ready: [] });
    return;
  }
  const made = { key, ceremony, holders, threshold, generation, begunAtMs, counted, madeAtMs: nowMs };
  writeNetworkKey(transaction, made);
  endCeremony(transaction);
  keepDeals(transaction, [digest]);
}

function keyOf(...[ceremony, deals]: Parameters<typeof finishKey>) {
  try {
    const finished = finishKey(ceremony, deals);
    return finished.kind === 'made' ? finished.key : undefined;
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

function presentCeremony(reader: Reader): readonly string[] {
  const key = readKeyBrief(reader);
  return key === undefined ? [] : [key.ceremony];
}
