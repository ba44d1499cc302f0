/**
 * The secrets of entries that a node opens for an auditor: those that it holds anyway, and others brought back from M actors'
 * nodes for this one answer, and wiped after it.
 */
import { type EpochRecord, readEpochs } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { createSecrets, type LedgerSecret, type Secrets } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';

export interface GatheredSecretsOptions {
  /** Governance tables as committed. */
  readonly tables: Reader;
  /** Those that this node has. */
  readonly held: Secrets;
  /** Brings others back. COCO_SECRETS_UNREACHABLE. */
  readonly gather: (records: readonly EpochRecord[]) => Promise<readonly LedgerSecret[]>;
}

/** Does `work` with the secrets of the entries `first` to `last`. What `gather` and `work` throw. */
export async function withGathered<Result>(
  { tables, held, gather }: GatheredSecretsOptions,
  { first, last }: { readonly first: Seqno; readonly last: Seqno },
  work: (secrets: Secrets) => Promise<Result>,
): Promise<Result> {
  const records = readEpochs(tables).toSorted((a, b) => a.from - b.from);
  const missing = records.filter(({ from }, index) => {
    const end = records[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    return from <= last && end > first && held.keyAt(from) === undefined;
  });
  const brought = missing.length === 0 ? [] : await gather(missing);
  const gathered = createSecrets(brought);
  for (const { key } of brought) key.fill(0);
  try {
    return await work({
      keyAt: (seqno) => held.keyAt(seqno) ?? gathered.keyAt(seqno),
      commitEvidence: (id) => (held.keyAt(id.seqno) === undefined ? gathered : held).commitEvidence(id),
    });
  } finally {
    gathered.wipe();
  }
}
