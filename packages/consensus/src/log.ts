/**
 * What consensus remembers of the log: not entries, only which views wrote which ranges and where the signatures
 * above the commit are. Its size grows with the number of views and of uncommitted signatures, never with the
 * number of entries. Plain data, changed by the functions below.
 */
import { assert, type Seqno, type TxId, type TxStatus, type View } from '@coco/primitives';
import type { EntryInfo, LogBase } from './types.js';

export interface LogIndex {
  /** The first entry whose bytes the driver holds. */
  readonly heldFrom: Seqno;
  /** Seqno of the last entry; 0 when the log is empty. */
  last: Seqno;
  /** Seqno up to which everything is committed; a signature, or 0. */
  commit: Seqno;
  /** The views of the log, ascending, each with the seqno of its first entry. */
  readonly runs: { readonly view: View; readonly from: Seqno }[];
  /** Signatures above the commit, ascending. */
  readonly signatures: Seqno[];
}

/** A log that ends where `base` is, or an empty one. `heldFrom` is the first entry that the driver can attach. */
export function createLogIndex(base?: LogBase, heldFrom?: Seqno): LogIndex {
  const seqno = base?.seqno ?? 0;
  return {
    heldFrom: heldFrom ?? seqno + 1,
    last: seqno,
    commit: seqno,
    runs: (base?.views ?? []).map(({ view, from }) => ({ view, from })),
    signatures: [],
  };
}

/** View of the entry at `seqno` (1..last), or 0 for 0; undefined beyond the log. */
export function viewAt(log: LogIndex, seqno: Seqno): View | undefined {
  if (seqno === 0) return 0;
  if (seqno < 0 || seqno > log.last) return undefined;
  return log.runs[runAt(log, seqno)]?.view;
}

/** View of the last entry, 0 when there is none. */
export function lastView(log: LogIndex): View {
  return log.runs.at(-1)?.view ?? 0;
}

export function lastTxId(log: LogIndex): TxId {
  return { view: lastView(log), seqno: log.last };
}

/** The last signature: the furthest place at which this log could be committed. */
export function lastSignature(log: LogIndex): TxId {
  const seqno = log.signatures.at(-1) ?? log.commit;
  return { view: viewAt(log, seqno) ?? 0, seqno };
}

/** The last signature above the commit and at or below `seqno`. */
export function signatureAtOrBelow(log: LogIndex, seqno: Seqno): Seqno | undefined {
  let low = 0;
  let high = log.signatures.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log.signatures[middle] as Seqno) <= seqno) low = middle + 1;
    else high = middle;
  }
  return log.signatures[low - 1];
}

/** The last entry of the same view as the entry at `seqno`. */
export function endOfView(log: LogIndex, seqno: Seqno): Seqno {
  const next = log.runs[runAt(log, seqno) + 1];
  return next === undefined ? log.last : next.from - 1;
}

/** The first entry in [from, to] that is held here under another view than `view`. */
export function firstConflict(log: LogIndex, from: Seqno, to: Seqno, view: View): Seqno | undefined {
  const end = Math.min(to, log.last);
  if (from > end) return undefined;
  const run = runAt(log, from);
  if (log.runs[run]?.view !== view) return from;
  const next = log.runs[run + 1];
  return next !== undefined && next.from <= end ? next.from : undefined;
}

/**
 * The highest seqno at which this log could agree with one that holds `id`: at or below it, and written in its
 * view or an earlier one. Steps over whole views, so that two logs find their common prefix in one exchange per
 * view.
 */
export function highestPossibleMatch(log: LogIndex, id: TxId): Seqno {
  let seqno = Math.min(id.seqno, log.last);
  while (seqno > 0) {
    const run = log.runs[runAt(log, seqno)];
    if (run === undefined || run.view <= id.view) break;
    seqno = run.from - 1;
  }
  return Math.max(seqno, 0);
}

export function appendToLog(log: LogIndex, entry: EntryInfo): void {
  assert(entry.seqno === log.last + 1, 'an entry must follow the last one');
  const view = lastView(log);
  assert(entry.view >= view, 'views in the log never decrease');
  if (entry.view > view) log.runs.push({ view: entry.view, from: entry.seqno });
  if (entry.signature) log.signatures.push(entry.seqno);
  log.last = entry.seqno;
}

/** Forgets everything above `to`. */
export function rollbackLog(log: LogIndex, to: Seqno): void {
  while ((log.runs.at(-1)?.from ?? 0) > to) log.runs.pop();
  while ((log.signatures.at(-1) ?? 0) > to) log.signatures.pop();
  log.last = to;
}

/** Moves the commit forward to `seqno`. */
export function commitLog(log: LogIndex, seqno: Seqno): void {
  log.commit = seqno;
  const kept = log.signatures.findIndex((signature) => signature > seqno);
  log.signatures.splice(0, kept === -1 ? log.signatures.length : kept);
}

/**
 * Status of a transaction id (TX-4). Committed and Invalid are final: an entry of a later view that is committed
 * rules out for ever everything of an earlier view that is not below it.
 */
export function txStatusOf(log: LogIndex, id: TxId): TxStatus {
  const view = viewAt(log, id.seqno);
  if (id.seqno < 1 || id.view < 1) return 'Invalid';
  if (id.seqno <= log.commit) return view === id.view ? 'Committed' : 'Invalid';
  if (view === id.view) return 'Pending';
  return (viewAt(log, log.commit) ?? 0) > id.view ? 'Invalid' : 'Unknown';
}

/** Index of the run that holds `seqno`, which is in 1..last; most questions are about the last few. */
function runAt(log: LogIndex, seqno: Seqno): number {
  const runs = log.runs;
  let high = runs.length - 1;
  if (high >= 0 && (runs[high]?.from as Seqno) <= seqno) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((runs[middle]?.from as Seqno) <= seqno) low = middle;
    else high = middle - 1;
  }
  return low;
}
