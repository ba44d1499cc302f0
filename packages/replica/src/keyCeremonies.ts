/**
 * When the primary goes on with making the network's key, or its shares anew (CONF-3). What is to be done is decided by the
 * tables and the time alone: another primary goes on where this one stopped.
 */
import { advanceCeremony, isCeremonyDue } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import type { RekeyTables } from './rekeying.js';
import type { Custody } from './types.js';

const everyMs = 500;

export class KeyCeremonies {
  readonly #custody: Custody | undefined;
  #lookedAt: number | undefined;
  #lookedMs = 0;
  #isDue = false;

  constructor(custody: Custody | undefined) {
    this.#custody = custody;
  }

  /** Whether this node, which acts as primary, must do something now. */
  isDue(tables: Pick<RekeyTables, 'changes' | 'newest'>, nowMs: number): boolean {
    if (this.#custody === undefined) return false;
    if (this.#lookedAt !== tables.changes || nowMs >= this.#lookedMs + everyMs) {
      this.#lookedAt = tables.changes;
      this.#lookedMs = nowMs;
      this.#isDue = isCeremonyDue(tables.newest(), nowMs);
    }
    return this.#isDue;
  }

  /** Does it. True when `transaction` has something to append. */
  advance(transaction: Transaction, nowMs: number): boolean {
    this.#isDue = false;
    const custody = this.#custody;
    if (custody === undefined) return false;
    return advanceCeremony(transaction, { nowMs, newId: () => custody.newId() }) === 'changed';
  }
}
