/**
 * When the primary looks whether all who take part still may (MIT-2, MIT-4): once a second by its wall clock, and at once when
 * the manifests have changed, or a node is distrusted, as soon as that is appended. What a new primary finds recorded it
 * judges once itself. One quarantine is committed before the next is appended.
 */
import { leaseGraceMs, type Review, reviewNodes } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import type { NodeId, Seqno, View } from '@coco/primitives';
import type { Circumstances } from './circumstances.js';
import type { Governing } from './governing.js';

const everyMs = 1000;

export class Reviewing {
  readonly #self: NodeId;
  readonly #governing: Governing;
  /** The view in which this node is primary, as far as it is known here. */
  #view: View | undefined;
  #primaryForMs = 0;
  #sinceReviewMs = 0;
  #nowMs = 0;
  /** Up to which change of the manifests recorded evidence was judged, and dealt with; undefined when not yet. */
  #judged: number | undefined;
  /** Where the last quarantine is. */
  #quarantine: Seqno = 0;
  /** Nobody of those who should leave could: it is tried again in a second. */
  #isStuck = false;
  #attempts = 0;
  #trouble: string | undefined;

  constructor(self: NodeId, governing: Governing) {
    this.#self = self;
    this.#governing = governing;
  }

  /** Why somebody takes part who should not; undefined when nobody does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  elapsed(ms: number, { acting, view, nowMs }: Pick<Circumstances, 'acting' | 'view' | 'nowMs'>): void {
    this.#nowMs = nowMs;
    if (!acting || view !== this.#view) this.#begin(acting ? view : undefined);
    this.#primaryForMs += ms;
    this.#sinceReviewMs += ms;
  }

  #begin(view: View | undefined): void {
    this.#view = view;
    this.#primaryForMs = 0;
    this.#sinceReviewMs = 0;
    this.#judged = undefined;
    this.#quarantine = 0;
    this.#isStuck = false;
    this.#trouble = undefined;
  }

  /** Whether this node, which acts as primary, must look now. */
  isDue({ view, commit }: { readonly view: View; readonly commit: Seqno }): boolean {
    if (view !== this.#view || commit < this.#quarantine) return false;
    const isTimeOver = this.#sinceReviewMs >= everyMs;
    if (this.#isStuck) return isTimeOver;
    if (this.#judged !== this.#governing.manifestChanges || this.#governing.isAnyDistrusted) return true;
    return isTimeOver && (this.#trouble !== undefined || this.#isAnyLeaseOver());
  }

  #isAnyLeaseOver(): boolean {
    const { head } = this.#governing;
    if (head === undefined || this.#primaryForMs < leaseGraceMs(head.leaseSeconds)) return false;
    return this.#governing.isAnyLeaseOver(this.#nowMs);
  }

  /** Quarantines in `transaction` who may not take part any more. */
  review(transaction: Transaction, { consensus, handOver }: Circumstances): Review {
    const { manifestChanges } = this.#governing;
    const review = reviewNodes(transaction, {
      self: this.#self,
      nowMs: this.#nowMs,
      primaryForMs: this.#primaryForMs,
      evidence: this.#judged !== manifestChanges,
      mayLeaveOut: (nodes, by) => consensus.mayLeaveOut(nodes, by),
    });
    const wasStuck = this.#isStuck;
    const left = [...review.postponed, ...review.kept];
    this.#judged = left.length === 0 ? manifestChanges : undefined;
    this.#isStuck = left.length > 0 && review.quarantined.length === 0;
    this.#sinceReviewMs = 0;
    this.#trouble = troubleOf(review);
    const isSelf = review.postponed.some(({ nodeId }) => nodeId === this.#self);
    const to = review.good[this.#attempts % review.good.length];
    // Not at once: who asked for what this follows from would never hear whether it was done.
    if (this.#isStuck && wasStuck && isSelf && to !== undefined) {
      this.#attempts += 1;
      handOver(to);
    }
    return review;
  }

  /** What `review` changed is in the entry `seqno`. */
  appended(seqno: Seqno): void {
    this.#quarantine = seqno;
  }
}

function troubleOf({ kept, postponed }: Review): string | undefined {
  const [first = postponed[0]] = kept;
  if (first === undefined) return undefined;
  const why =
    kept.length > 0
      ? 'nobody would be left'
      : 'those who stay cannot decide it without those who leave, or the primary must hand over';
  return `${kept.length + postponed.length} nodes should be quarantined and are not, for ${why}; node ${first.nodeId}: ${first.reason.sentence}`;
}
