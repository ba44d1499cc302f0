/**
 * Which secrets of the ledger must be on this disk, sealed by the platform: those that the ledger does not have sealed to the
 * network's key, as in the first seconds of a network. They go as soon as that is committed (CONF-4).
 */
import { readEpochs } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { LedgerSecret } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import type { Log } from '../log.js';

export interface SecretsOnDiskOptions {
  /** The first entries of those that are there. */
  readonly there: readonly Seqno[];
  /** Governance tables as committed, and as the log says. */
  readonly committed: () => Reader;
  readonly newest: () => Reader;
  /** Replaces them, durably. COCO_HOST_DISK. */
  readonly save: (secrets: readonly LedgerSecret[]) => void;
  readonly log: Pick<Log, 'info'>;
}

export interface SecretsOnDisk {
  /** Those of `secrets` that nobody could bring back, by what is committed. */
  unsealed(secrets: readonly LedgerSecret[]): readonly LedgerSecret[];
  /** These are known now, all of them. COCO_HOST_DISK. */
  keep(secrets: readonly LedgerSecret[]): void;
  /** More is committed: what is sealed there is to go. COCO_HOST_DISK. */
  governed(secrets: readonly LedgerSecret[]): void;
}

export function createSecretsOnDisk(options: SecretsOnDiskOptions): SecretsOnDisk {
  const { committed, newest, save, log } = options;
  let there: ReadonlySet<Seqno> = new Set(options.there);

  function unsealed(secrets: readonly LedgerSecret[]): readonly LedgerSecret[] {
    const sealed = sealedIn(committed());
    return secrets.filter(({ fromSeqno }) => !sealed.has(fromSeqno));
  }

  function keep(secrets: readonly LedgerSecret[]): void {
    const sealing = sealedIn(newest());
    // What is there stays until its sealing is committed; what is not there comes back with the entry that seals it, or goes with it.
    const kept = unsealed(secrets).filter(({ fromSeqno }) => there.has(fromSeqno) || !sealing.has(fromSeqno));
    if (kept.length === there.size && kept.every(({ fromSeqno }) => there.has(fromSeqno))) return;
    save(kept);
    if (kept.length > there.size) log.info('keeps a new secret of the ledger', { secrets: kept.length });
    if (kept.length === 0)
      log.info("the ledger has its secrets sealed to the network's key: none is on this disk");
    there = new Set(kept.map(({ fromSeqno }) => fromSeqno));
  }

  return {
    unsealed,
    keep,
    governed(secrets) {
      if (there.size > 0) keep(secrets);
    },
  };
}

function sealedIn(reader: Reader): ReadonlySet<Seqno> {
  return new Set(readEpochs(reader).flatMap(({ from, sealed }) => (sealed === undefined ? [] : [from])));
}
