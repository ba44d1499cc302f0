/**
 * When secrets of the ledger are forgotten (CONF-2): once an epoch has been over for as long as the members have decided, if the
 * ledger has its secret sealed to the network's key. Until then somebody may still catch up; afterwards it takes M actors to bring
 * the secret back.
 */
import { currentEpoch, readEpoch, secretsPolicy } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { Ledger } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';

const everyMs = 1000;

export class Forgetting {
  readonly #ledger: Pick<Ledger, 'settledSecrets' | 'forgetSecrets'>;
  #sinceMs = 0;

  constructor(ledger: Pick<Ledger, 'settledSecrets' | 'forgetSecrets'>) {
    this.#ledger = ledger;
  }

  /** Looks once a second. `committed` gives the governance tables as committed. */
  elapsed(ms: number, nowMs: number, committed: () => Reader): void {
    this.#sinceMs += ms;
    if (this.#sinceMs < everyMs) return;
    this.#sinceMs = 0;
    if (this.#ledger.settledSecrets.length < 2) return;
    const before = this.#over(committed(), nowMs);
    if (before !== undefined) this.#ledger.forgetSecrets(before);
  }

  /** The first entry of the oldest epoch that must still be known, when there are older ones that are known. */
  #over(reader: Reader, nowMs: number): Seqno | undefined {
    const { holdSeconds } = secretsPolicy(reader);
    const held = this.#ledger.settledSecrets.length;
    const current = currentEpoch(reader);
    for (let epoch = current; epoch > current - held && epoch > 1; epoch--) {
      const next = readEpoch(reader, epoch);
      if (next === undefined || nowMs < next.atMs + holdSeconds * 1000) continue;
      return readEpoch(reader, epoch - 1)?.sealed === undefined ? undefined : next.from;
    }
    return undefined;
  }
}
