/**
 * When the primary looks whether all who take part still may (MIT-2, MIT-4): once a second by its wall clock, and at once when
 * the manifests have changed, as soon as that is appended. What a new primary finds recorded it judges once itself.
 */
import { leaseGraceMs, type Review, reviewNodes } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import type { Seqno, View } from '@coco/primitives';
import type { Circumstances } from './circumstances.js';
import type { Governing } from './governing.js';

const everyMs = 1000;

export class Reviewing {
  readonly #governing: Governing;
  /** The view in which this node is primary, as far as it is known here. */
  #view: View | undefined;
  #primaryForMs = 0;
  #sinceReviewMs = 0;
  #nowMs = 0;
  /** Up to which change of the manifests recorded evidence was judged; undefined when not yet in this view. */
  #judged: number | undefined;
  /** Where the last quarantine is: others wait until it is committed. */
  #quarantine: Seqno = 0;
  #isMore = false;
  #trouble: string | undefined;

  constructor(governing: Governing) {
    this.#governing = governing;
  }

  /** Why somebody takes part without a lease; undefined when nobody does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  elapsed(ms: number, { acting, view, nowMs }: Pick<Circumstances, 'acting' | 'view' | 'nowMs'>): void {
    this.#nowMs = nowMs;
    if (!acting) {
      this.#begin(undefined);
      return;
    }
    if (view !== this.#view) this.#begin(view);
    this.#primaryForMs += ms;
    this.#sinceReviewMs += ms;
  }

  #begin(view: View | undefined): void {
    this.#view = view;
    this.#primaryForMs = 0;
    this.#sinceReviewMs = 0;
    this.#judged = undefined;
    this.#quarantine = 0;
    this.#isMore = false;
    this.#trouble = undefined;
  }

  /** Whether this node, which acts as primary, must look now. */
  isDue({ view, commit }: { readonly view: View; readonly commit: Seqno }): boolean {
    if (view !== this.#view || commit < this.#quarantine) return false;
    if (this.#isMore || this.#judged !== this.#governing.manifestChanges) return true;
    if (this.#sinceReviewMs < everyMs) return false;
    return this.#trouble !== undefined || this.#isAnyLeaseOver();
  }

  #isAnyLeaseOver(): boolean {
    const { head } = this.#governing;
    if (head === undefined || this.#primaryForMs < leaseGraceMs(head.leaseSeconds)) return false;
    return this.#governing.isAnyLeaseOver(this.#nowMs);
  }

  /** Quarantines in `transaction` who may not take part any more. */
  review(transaction: Transaction): Review {
    const evidence = this.#isMore || this.#judged !== this.#governing.manifestChanges;
    const times = { nowMs: this.#nowMs, primaryForMs: this.#primaryForMs };
    const review = reviewNodes(transaction, { ...times, evidence });
    this.#judged = this.#governing.manifestChanges;
    this.#sinceReviewMs = 0;
    this.#isMore = review.postponed.length > 0;
    const [kept] = review.kept;
    this.#trouble =
      kept === undefined
        ? undefined
        : `nobody would be left if those were quarantined who should be: of node ${kept.nodeId}, ${kept.reason.sentence}`;
    return review;
  }

  /** What `review` changed is in the entry `seqno`. */
  appended(seqno: Seqno): void {
    this.#quarantine = seqno;
  }
}
