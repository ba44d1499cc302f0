/**
 * How old the answers of a node may be. A host can cut the links of its node, or hold it up, so that it goes on answering
 * from a state that the network has left behind. The node notices, by its own clock, and says so in its answers: how far it
 * has committed with every one of them, and for how long it has been out of touch once that is too long.
 */
import type { Seqno } from '@coco/primitives';
import type { ReplicaStatus } from '@coco/replica';
import type { HttpResponse } from './http.js';
import { failure } from './routes/answers.js';

export interface FreshnessSettings {
  /** From so long out of touch on the node says so, in milliseconds. */
  readonly staleAfterMs: number;
  /** Whether it then also refuses to answer what it would answer from its own state. */
  readonly refuseStale: boolean;
}

export interface Freshness {
  /** Takes notice of how the node stands; to be called now and then. */
  look(status: Pick<ReplicaStatus, 'consensus'>): void;
  /** Everything up to here is committed, and the worker was told so. */
  applied(seqno: Seqno): void;
  /** How long the node has been out of touch with the network; infinite when it never was in touch since it started. */
  outOfTouchMs(): number;
  /** Answers by `answer`, and says how old that may be; or refuses. `isRefusable` where the answer comes from the node's state. */
  mark(answer: () => Promise<HttpResponse>, isRefusable: boolean): Promise<HttpResponse>;
}

/** The headers by which a node says how old its answers may be. */
export const freshnessHeaders = { committed: 'x-coco-committed-seqno', stale: 'x-coco-stale-ms' } as const;

/** `commit` is what is committed when the node starts, `clockMs` a monotonic clock in milliseconds. */
export function createFreshness(
  settings: FreshnessSettings,
  commit: Seqno,
  clockMs: () => number = () => performance.now(),
): Freshness {
  let committed = commit;
  /** When it was in touch last, by the clock. */
  let touchedMs = Number.NEGATIVE_INFINITY;
  const outOfTouchMs = (): number => clockMs() - touchedMs;
  return {
    look({ consensus }) {
      touchedMs = Math.max(touchedMs, clockMs() - consensus.outOfTouchMs);
    },
    applied(seqno) {
      committed = seqno;
    },
    outOfTouchMs,
    async mark(answer, isRefusable) {
      const staleMs = outOfTouchMs();
      const isStale = staleMs >= settings.staleAfterMs;
      // As of now: what commits while the worker is at it, it may not have seen.
      const before = committed;
      const response = isStale && settings.refuseStale && isRefusable ? refusal(staleMs) : await answer();
      const headers: Record<string, string> = {
        ...response.headers,
        [freshnessHeaders.committed]: String(Math.max(before, settledSeqno(response, committed))),
      };
      if (isStale) headers[freshnessHeaders.stale] = textOf(staleMs);
      return { ...response, headers };
    },
  };
}

/** The transaction that the answer depends on counts as well, once it is committed here. */
function settledSeqno({ headers }: HttpResponse, committed: Seqno): Seqno {
  const seqno = Number(headers['x-ms-ccf-transaction-id']?.split('.')[1] ?? 0);
  return seqno <= committed ? seqno : 0;
}

function refusal(staleMs: number): HttpResponse {
  const since = Number.isFinite(staleMs) ? `for ${Math.floor(staleMs / 1000)} s` : 'since it started';
  return failure(
    503,
    'COCO_HOST_STALE',
    `this node has heard nothing of the network ${since}; ask another node`,
  );
}

/** Whole milliseconds, or `unknown` when the node was never in touch. */
function textOf(staleMs: number): string {
  return Number.isFinite(staleMs) ? String(Math.floor(staleMs)) : 'unknown';
}
