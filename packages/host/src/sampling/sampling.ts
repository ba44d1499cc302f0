/**
 * What a node does with what its worker finds when it executes again what others executed (MIT-3): it counts, and raises an alarm over
 * whatever does not come out as it was recorded: in its log, its figures, its status, and on the ledger, where the members
 * see it. Until the primary has written it there, the node keeps it and asks again, and at once when another is primary: the
 * one that is accused may be the one that writes.
 */
import type { Difference, FromWorker, ToWorker } from '@coco/adapter';
import { type Alarm, alarmKey, type NetworkView } from '@coco/governance';
import { CocoError, formatTxId, type NodeId, type TxId } from '@coco/primitives';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';

export interface SamplingOptions {
  /** Whether this node executes everything again, whatever the members decided. */
  readonly all: boolean;
  readonly post: (message: ToWorker) => void;
  /** Makes an alarm with its evidence; undefined when there is none to be had. */
  readonly accuse: (txId: TxId, difference: Difference) => Alarm | undefined;
  /** Has the primary write it on the ledger. Rejects with its refusal. */
  readonly write: (alarm: Alarm, signal: AbortSignal) => Promise<void>;
  readonly primary: () => NodeId | undefined;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'add' | 'set'>;
  /** Milliseconds that only go forward. */
  readonly clockMs: () => number;
}

export type Finding = Extract<FromWorker, { readonly type: 'reexecuted' }>;

/** Since the start of the node. */
export interface SamplingStanding {
  readonly all: boolean;
  readonly fractionPpm: number;
  readonly counts: Readonly<Record<Finding['outcome'], number>>;
  /** The alarms that this node has raised, oldest first; the first of them when there are many. */
  readonly alarms: readonly {
    readonly txId: TxId;
    readonly primaryId: NodeId | undefined;
    readonly written: boolean;
    /** Why it is not on the ledger yet, as far as that is known. */
    readonly trouble?: string;
  }[];
}

export interface Sampling {
  /** The members' decision, as committed. */
  follow(network: Pick<NetworkView, 'sampleFractionPpm'>): void;
  heard(finding: Finding): void;
  /** Looks whether there is something to do; to be called a few times a second. */
  look(): void;
  standing(): SamplingStanding;
  stop(): void;
}

interface Kept {
  readonly txId: TxId;
  /** Undefined: it could not be proved, and stays with this node. */
  readonly alarm: Alarm | undefined;
  written: boolean;
  trouble?: string;
  notBeforeMs: number;
  failures: number;
  /** Who was asked last. */
  asked?: NodeId | undefined;
}

const alarmsMax = 100;
const pauseMsMin = 1000;
const pauseMsMax = 60_000;
const million = 1_000_000;

export function createSampling(options: SamplingOptions): Sampling {
  const { all, post, log, metrics, clockMs, primary } = options;
  const end = new AbortController();
  const counts = { equal: 0, unrepeatable: 0, dropped: 0, differing: 0 };
  const kept: Kept[] = [];
  let fractionPpm: number | undefined;
  let asking = false;

  function accuse(txId: TxId, difference: Difference): void {
    // So many are no news any more; they are counted.
    if (kept.length >= alarmsMax) return;
    const alarm = options.accuse(txId, difference);
    const transaction = formatTxId(txId);
    const tables = [...new Set(difference.rows.map(({ table }) => table))].join(', ');
    const { rowCount: rows, claims } = difference;
    const facts = { code: 'COCO_ALARM_RAISED', transaction, primary: alarm?.primaryId ?? 'unknown' };
    log.error(
      `transaction ${transaction} does not come out as the primary recorded it when it is executed again`,
      { ...facts, rows, tables, claims },
    );
    kept.push({ txId, alarm, written: false, notBeforeMs: 0, failures: 0 });
  }

  async function write(one: Kept, alarm: Alarm): Promise<void> {
    asking = true;
    one.asked = primary();
    try {
      await options.write(alarm, end.signal);
      one.written = true;
      delete one.trouble;
      log.info('the alarm is on the ledger', { alarm: alarmKey(alarm) });
    } catch (error) {
      if (end.signal.aborted) return;
      const { code, message } =
        error instanceof CocoError ? error : { code: 'COCO_ALARM_TROUBLE', message: String(error) };
      if (one.trouble !== message)
        log.warn(`the alarm over ${formatTxId(one.txId)} is not on the ledger: ${message}`, { code });
      one.trouble = message;
      one.notBeforeMs = clockMs() + Math.min(pauseMsMax, pauseMsMin * 2 ** one.failures);
      one.failures = Math.min(one.failures + 1, 10);
    } finally {
      asking = false;
    }
  }

  return {
    follow({ sampleFractionPpm }) {
      if (sampleFractionPpm === fractionPpm) return;
      fractionPpm = sampleFractionPpm;
      metrics.set('sampling_fraction', all ? 1 : fractionPpm / million);
      post({ type: 'sampling', ppm: fractionPpm });
    },
    heard(finding) {
      counts[finding.outcome] += 1;
      metrics.add('sampled');
      metrics.add(`sampled_${finding.outcome}`);
      if (finding.outcome === 'differing') accuse(finding.txId, finding.difference);
    },
    look() {
      if (asking || end.signal.aborted) return;
      const isDue = (one: Kept): boolean =>
        !one.written && (clockMs() >= one.notBeforeMs || one.asked !== primary());
      const next = kept.find((one) => one.alarm !== undefined && isDue(one));
      if (next?.alarm !== undefined) void write(next, next.alarm);
    },
    standing: () => ({
      all,
      fractionPpm: fractionPpm ?? 0,
      counts: { ...counts },
      alarms: kept.map(({ txId, alarm, written, trouble }) => ({
        txId,
        primaryId: alarm?.primaryId,
        written,
        ...(trouble !== undefined && { trouble }),
      })),
    }),
    stop: () => end.abort(),
  };
}
