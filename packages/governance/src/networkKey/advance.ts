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
import { ceremonyDigest } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { fromHex, toHex } from '@coco/primitives';
import { networkDigest } from '../decideAttestation.js';
import { rowKey } from '../rows.js';
import { governanceTables } from '../tables.js';
import { dueAskers, servedNow, stillServed } from './askers.js';
import {
  beginCeremony,
  changeCeremony,
  endCeremony,
  type RunningCeremony,
  readCeremony,
} from './ceremonyRow.js';
import { earlierKeys, keptKeys } from './confirmed.js';
import { type DealRecord, keepDeals, readDeals, writeFaulty } from './dealRow.js';
import { isSameSharing, reachableHolders, type Sharing, trustedActorNodes } from './holders.js';
import { isTimeOver } from './isTimeOver.js';
import {
  type EarlierKey,
  type KeyBrief,
  readKeyBrief,
  readThresholdKey,
  writeBegun,
  writeNetworkKey,
} from './keyRow.js';
import { madeKey } from './madeKey.js';
import { secretsPolicy } from './secretsPolicy.js';
import { wantedSharing } from './wantedSharing.js';

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
      begin(transaction, step, input);
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

type Step =
  | Begin
  | { readonly kind: 'give up' }
  | { readonly kind: 'judge'; readonly dealers: readonly number[] }
  | { readonly kind: 'leave out'; readonly running: RunningCeremony; readonly dealers: readonly number[] }
  | { readonly kind: 'finish'; readonly running: RunningCeremony };

interface Begin {
  readonly kind: 'begin';
  readonly sharing: Sharing;
  /** The shares that are made anew, when those are not of the present key. */
  readonly base?: EarlierKey;
  /** Actors for which it is begun, because they have no shares. */
  readonly askers?: readonly string[];
}

/** No ceremony begins so soon after the last, in its place neither: whoever changes keys all the time would stop all of them. */
const pauseMs = 10_000;

/** So long the holders who take part are waited for, those who deal as those who judge. */
const waitMs = 15_000;

/** So long all who could deal are waited for once as many have as are needed, where shares are made anew. */
const othersMs = 5000;

/** When too few have dealt after so long, those deal who have shares of a key before, where such are kept. */
const dealMs = 60_000;

function nextStep(reader: Reader, nowMs: number): Step | undefined {
  const running = readCeremony(reader);
  const sharing = wantedSharing(reader);
  const key = readKeyBrief(reader);
  if (running === undefined) {
    return sharing === undefined ? undefined : firstStep(reader, sharing, key, nowMs);
  }
  if (sharing === undefined) return { kind: 'give up' };
  if (!isSameSharing(running, sharing)) {
    if (key !== undefined && isSameSharing(key, sharing)) return { kind: 'give up' };
    // Until then it goes on: shares for most are better than none for anybody.
    if (isTimeOver(running.begunAtMs, pauseMs, nowMs)) return { kind: 'begin', sharing };
  }
  const progress = { deals: readDeals(reader, running.digest), nowMs };
  const step =
    running.phase === 'dealing'
      ? afterDealing(reader, running, progress)
      : afterJudging(reader, running, progress);
  return step === 'anew' ? { kind: 'begin', sharing, ...nextBase(reader, running, key) } : step;
}

function firstStep(
  reader: Reader,
  sharing: Sharing,
  key: KeyBrief | undefined,
  nowMs: number,
): Begin | undefined {
  if (key === undefined) {
    // A row that does not read is no reason to make another key: everything is sealed to that one.
    if (reader.has(governanceTables.networkKey, rowKey(undefined))) return undefined;
    const isEnough = reachableHolders(reader, sharing.holders).size >= sharing.threshold;
    return isEnough ? { kind: 'begin', sharing } : undefined;
  }
  if (!isTimeOver(key.begunAtMs, pauseMs, nowMs)) return undefined;
  if (!isSameSharing(key, sharing)) return { kind: 'begin', sharing };
  const askers = dueAskers(reader, key, nowMs);
  return askers.length > 0 ? { kind: 'begin', sharing, askers } : undefined;
}

/** Whose shares are to be made anew after those of `running` could not be: of the key before, and so on; then the present one again. */
function nextBase(
  reader: Reader,
  running: RunningCeremony,
  key: KeyBrief | undefined,
): { readonly base?: EarlierKey } {
  const kept = key === undefined ? [] : keptKeys(reader, key);
  const at = kept.findIndex(({ ceremony }) => ceremony === running.base);
  const base = kept[(at + 1) % Math.max(kept.length, 1)];
  return base === undefined ? {} : { base };
}

interface Progress {
  readonly deals: readonly DealRecord[];
  readonly nowMs: number;
}

function afterDealing(
  reader: Reader,
  running: RunningCeremony,
  { deals, nowMs }: Progress,
): Step | 'anew' | undefined {
  const { phaseAtMs, isResharing, dealsMin } = running;
  if (deals.length < dealsMin) {
    const key = readKeyBrief(reader);
    const hasOther =
      key !== undefined && keptKeys(reader, key).some(({ ceremony }) => ceremony !== running.base);
    return hasOther && isTimeOver(phaseAtMs, dealMs, nowMs) ? 'anew' : undefined;
  }
  const dealers = deals.map(({ dealer }) => dealer);
  const taking = new Set(trustedActorNodes(reader).map(({ actorId }) => actorId));
  const all = running.dealers.every((id, i) => !taking.has(id) || dealers.includes(i + 1));
  const isLate = isTimeOver(phaseAtMs, isResharing ? othersMs : waitMs, nowMs);
  return all || isLate ? { kind: 'judge', dealers } : undefined;
}

/**
 * A new key is made without those who do not answer in time: nothing is lost by it, and they ask when they are back. Shares are
 * made anew only with all holders who take part: else few could take the key from the others, by making shares that those do not get.
 */
function afterJudging(
  reader: Reader,
  running: RunningCeremony,
  { deals, nowMs }: Progress,
): Step | 'anew' | undefined {
  const { ready, counted, threshold, holders, isResharing, dealsMin } = running;
  if (counted.length < dealsMin) return isTimeOver(running.begunAtMs, pauseMs, nowMs) ? 'anew' : undefined;
  const enough = ready.length >= threshold;
  const all = [...reachableHolders(reader, holders)].every((id) => ready.includes(id));
  if (enough && all) return { kind: 'finish', running };
  if (!isTimeOver(running.phaseAtMs, waitMs, nowMs)) return undefined;
  const silent = deals
    .filter(({ unopened, answered }) => unopened.some((recipient) => !answered.includes(recipient)))
    .map(({ dealer }) => dealer)
    .filter((dealer) => counted.includes(dealer));
  // Rather a key of which somebody has no share than none at all.
  const spared = !isResharing && counted.length - silent.length < dealsMin && enough;
  if (silent.length > 0 && !spared) return { kind: 'leave out', running, dealers: silent };
  return enough && !isResharing ? { kind: 'finish', running } : undefined;
}

function begin(transaction: Transaction, step: Begin, { nowMs, newId }: AdvanceInput): void {
  const { sharing, askers = [] } = step;
  const key = readKeyBrief(transaction);
  const base = step.base ?? (key && { ceremony: key.ceremony, encoded: key.encoded });
  const previous = base === undefined ? undefined : readThresholdKey(base.encoded);
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
    ...(base !== undefined && { base }),
    keyThreshold: secretsPolicy(transaction).keyThreshold ?? 0,
  });
  if (key !== undefined) writeBegun(transaction, nowMs, servedNow(key, askers, nowMs));
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
  const { digest, counted, holders, threshold, generation, begunAtMs, ready, keyThreshold } = running;
  const made = madeKey(transaction);
  if (made === undefined) {
    // Deals were checked before they were written: what is left is that they add up to nothing, which nobody meets.
    changeCeremony(transaction, { counted: [], ready: [] });
    return;
  }
  const old = readKeyBrief(transaction);
  writeNetworkKey(transaction, {
    ...made,
    holders,
    threshold,
    generation,
    begunAtMs,
    counted,
    madeAtMs: nowMs,
    confirmed: ready,
    earlier: old === undefined ? [] : earlierKeys(transaction, old),
    keyThreshold,
    served: old === undefined ? {} : stillServed(old, nowMs),
  });
  endCeremony(transaction);
  keepDeals(transaction, [digest]);
}

function presentCeremony(reader: Reader): readonly string[] {
  const key = readKeyBrief(reader);
  return key === undefined ? [] : [key.ceremony];
}
