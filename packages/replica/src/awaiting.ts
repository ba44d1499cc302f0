/**
 * Answers that wait for their entry: what governance changed is only told once it is committed. When the entry is rolled
 * back the change never was, and the sender hears that instead.
 */
import type { AdapterResponse } from '@coco/adapter';
import type { Seqno, TxId } from '@coco/primitives';
import type { EffectsBuilder } from './effects.js';
import { deliver, errorResponse, type Origin } from './requests.js';

export interface Awaiting {
  readonly size: number;
  /** Answers `origin` with `response` once `txId` is committed. */
  hold(origin: Origin, txId: TxId, response: AdapterResponse): void;
  committed(seqno: Seqno, effects: EffectsBuilder): void;
  rollback(to: Seqno, effects: EffectsBuilder): void;
  /** Gives up on what has waited longer than `timeoutMs`: nobody knows what becomes of it. */
  elapsed(ms: number, effects: EffectsBuilder): void;
}

interface Held {
  readonly origin: Origin;
  readonly txId: TxId;
  readonly response: AdapterResponse;
  ageMs: number;
}

export function createAwaiting(timeoutMs: number): Awaiting {
  /** By seqno, ascending. */
  let held: Held[] = [];

  /** Answers those that are `done`, and forgets them. */
  function finish(
    done: (one: Held) => boolean,
    answer: (one: Held) => AdapterResponse,
    effects: EffectsBuilder,
  ): void {
    if (held.length === 0) return;
    const finished = held.filter(done);
    held = held.filter((one) => !finished.includes(one));
    for (const one of finished) deliver(effects, one.origin, answer(one));
  }

  return {
    get size() {
      return held.length;
    },
    hold(origin, txId, response) {
      held.push({ origin, txId, response, ageMs: 0 });
    },
    committed(seqno, effects) {
      finish(
        ({ txId }) => txId.seqno <= seqno,
        ({ response, txId }) => ({ ...response, txId }),
        effects,
      );
    },
    rollback(to, effects) {
      finish(
        ({ txId }) => txId.seqno > to,
        () => rolledBack,
        effects,
      );
    },
    elapsed(ms, effects) {
      for (const one of held) one.ageMs += ms;
      finish(
        ({ ageMs }) => ageMs > timeoutMs,
        () => unknown,
        effects,
      );
    },
  };
}

const rolledBack = errorResponse(
  503,
  'TransactionReplicationFailed',
  'the primary was lost before this was replicated: nothing was changed; try again',
);

const unknown = errorResponse(
  503,
  'COCO_REPLICA_PRIMARY_LOST',
  'this was not committed in time: it may or may not be carried out; look it up first',
);
