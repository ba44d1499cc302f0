/**
 * Collects the effects of one step, in the order of the contract.
 */
import type { AdapterResponse, ToWorker } from '@coco/adapter';
import type { HardState } from '@coco/consensus';
import type { SealedEntry } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import type { PeerFrame, ReplicaEffects } from './types.js';

export interface EffectsBuilder {
  readonly now: ToWorker[];
  rollbackTo?: Seqno;
  hardState?: HardState;
  readonly entries: SealedEntry[];
  readonly send: PeerFrame[];
  readonly apply: ToWorker[];
  committed?: { readonly seqno: Seqno; readonly items: number };
  readonly replies: { readonly token: number; readonly response: AdapterResponse }[];
}

export function createEffects(): EffectsBuilder {
  return { now: [], entries: [], send: [], apply: [], replies: [] };
}

/** A rollback in the middle of a step also drops what the same step appended above it. */
export function persistRollback(effects: EffectsBuilder, to: Seqno): void {
  effects.rollbackTo = Math.min(to, effects.rollbackTo ?? to);
  while ((effects.entries.at(-1)?.seqno ?? 0) > to) effects.entries.pop();
}

export function finishEffects(effects: EffectsBuilder): ReplicaEffects {
  const { now, rollbackTo, hardState, entries, send, apply, committed, replies } = effects;
  const durable = rollbackTo !== undefined || hardState !== undefined || entries.length > 0;
  return {
    now,
    ...(durable && {
      persist: {
        ...(rollbackTo !== undefined && { rollbackTo }),
        ...(hardState !== undefined && { hardState }),
        entries,
      },
    }),
    send,
    apply,
    ...(committed !== undefined && { committed }),
    replies,
  };
}
