/**
 * When secrets of the ledger are forgotten (CONF-2): once an epoch has been over for as long as the members have decided, if the
 * ledger has its secret encrypted to the network's key. Until then somebody may still catch up; afterwards it takes M actors to bring
 * the secret back. What cannot be brought back is not forgotten: a primary that sealed something else took nothing along.
 */
import { currentEpoch, type NetworkKey, readEpoch, readNetworkKey, secretsPolicy } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { Ledger } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { SealedSecrets } from './sealedSecrets.js';

const everyMs = 1000;

export class Forgetting {
  readonly #ledger: Pick<Ledger, 'secrets' | 'forgetSecrets'>;
  readonly #sealed: SealedSecrets;
  readonly #epochs = new Map<Seqno, number>([[1, 1]]);
  #numbered = 1;
  #sinceMs = 0;
  #trouble: string | undefined;

  constructor(
    ledger: Pick<Ledger, 'secrets' | 'forgetSecrets'>,
    sealed: SealedSecrets = new SealedSecrets(),
  ) {
    this.#ledger = ledger;
    this.#sealed = sealed;
  }

  /** Why something is not forgotten that should be; undefined when there is no such reason. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Looks once a second. `committed` gives the governance tables as committed. */
  elapsed(ms: number, nowMs: number, committed: () => Reader): void {
    this.#sinceMs += ms;
    if (this.#sinceMs < everyMs) return;
    this.#sinceMs = 0;
    this.#trouble = undefined;
    if (this.#ledger.secrets.length < 2) return;
    const reader = committed();
    const key = readNetworkKey(reader);
    const before = key === undefined ? undefined : this.#over(reader, nowMs, key);
    if (before !== undefined) this.#ledger.forgetSecrets(before);
  }

  /** The first entry of the oldest epoch that must still be known, when there are older ones that are known. */
  #over(reader: Reader, nowMs: number, key: NetworkKey): Seqno | undefined {
    const { holdSeconds } = secretsPolicy(reader);
    this.#number(reader);
    let before: Seqno | undefined;
    // From the oldest on: what comes after one that must be kept is kept as well.
    for (const { fromSeqno, key: secret } of this.#ledger.secrets) {
      const epoch = this.#epochs.get(fromSeqno) ?? 0;
      const [record, next] = [readEpoch(reader, epoch), readEpoch(reader, epoch + 1)];
      if (record === undefined || next === undefined) break;
      if (nowMs < next.atMs + holdSeconds * 1000) break;
      if (!this.#sealed.has(record, secret, key)) {
        this.#trouble = `the secret of epoch ${epoch} is kept in memory: the ledger does not have it as the actors could bring it back`;
        break;
      }
      before = next.from;
    }
    return before;
  }

  /** Which epoch begins where: that is committed, and does not change. */
  #number(reader: Reader): void {
    const current = currentEpoch(reader);
    for (; this.#numbered < current; this.#numbered++) {
      const record = readEpoch(reader, this.#numbered + 1);
      if (record !== undefined) this.#epochs.set(record.from, record.epoch);
    }
  }
}
