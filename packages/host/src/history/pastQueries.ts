/**
 * Receipts and entries for any committed entry: of the last ones out of memory, of all others out of the chunk file that holds
 * them, wherever that has to be had from. What is not there at once is answered with "ask again", never waited for for long.
 */
import { type FormerServiceRecord, withEndorsements } from '@coco/governance';
import {
  type ChunkEntry,
  describeEntry,
  entryLeaf,
  type Ledger,
  openPastEntry,
  parseEntry,
  pastCoseReceipt,
  pastEntry,
  pastReceipt,
  type ReadEntry,
  type Receipt,
  type Secrets,
} from '@coco/ledger';
import { CocoError, equalBytes, type Seqno, type TxId } from '@coco/primitives';
import type { LedgerStore } from '../ledgerStore.js';
import type { EntrySecrets } from './entrySecrets.js';
import type { LedgerHistory, PastChunk } from './ledgerHistory.js';

export type ReceiptFormat = 'json' | 'cose';

/** What was found; or that it will be there soon, and why it is not there yet; or why it is not to be had now. */
export type Past<Value> =
  | { readonly found: Value }
  | { readonly coming: Pick<CocoError, 'code' | 'message'> }
  | { readonly failed: CocoError };

/** An entry, without what it wrote to private tables. */
export interface PublicEntry {
  readonly entry: ReadEntry;
  /** SHA-256 of its bytes: what its receipt names. */
  readonly writeSetDigest: Uint8Array;
  /** All of it, when nothing in it is private. */
  readonly bytes?: Uint8Array;
}

export interface PastQueries {
  /** The receipt of a committed entry; undefined when the format has none for it. */
  receipt(id: TxId, format: ReceiptFormat): Promise<Past<Receipt | Uint8Array | undefined>>;
  /** What a committed entry wrote to public tables. */
  entry(seqno: Seqno): Promise<Past<PublicEntry>>;
  /** The last committed entry that is in one file with that committed one: so far `inChunk` reads without fetching anything. */
  reach(seqno: Seqno): Promise<Past<Seqno>>;
  /**
   * What `read` makes of the file that has a committed entry, however long that takes; called again when the file changes under
   * it. COCO_HOST_HISTORY_*, and what `read` throws.
   */
  inChunk<Value>(seqno: Seqno, read: (chunk: PastChunk) => Promise<Value>): Promise<Value>;
}

export interface PastQueriesOptions {
  readonly ledger: Pick<Ledger, 'receipt' | 'coseReceipt' | 'tree' | 'last' | 'secretsAfter'>;
  readonly store: Pick<LedgerStore, 'first' | 'last' | 'read'>;
  readonly history: Pick<LedgerHistory, 'find' | 'forget'>;
  readonly secrets: EntrySecrets;
  /** Services that signed earlier entries. Default none. */
  readonly former?: () => readonly FormerServiceRecord[];
  /** How long a question may wait for its answer. Default 1000. */
  readonly waitMs?: number;
}

export function createPastQueries(options: PastQueriesOptions): PastQueries {
  const { waitMs = 1000 } = options;
  return {
    receipt: (id, format) => soon(waitMs, (stage) => receiptOf(options, id, format, stage)),
    entry: (seqno) => soon(waitMs, (stage) => entryOf(options, seqno, stage)),
    reach: (seqno) =>
      soon(waitMs, (stage) => fromChunk(options, seqno, stage, async ({ index }) => index.last)),
    inChunk: (seqno, read) => fromChunk(options, seqno, () => undefined, read),
  };
}

/** Says what is being waited for. */
type Stage = (waiting: Waiting) => void;
type Waiting = Extract<Past<never>, { coming: unknown }>['coming'];

const fetching: Waiting = {
  code: 'COCO_HOST_HISTORY_FETCHING',
  message: 'this node is getting that part of the ledger; ask again',
};
const opening: Waiting = {
  code: 'COCO_LEDGER_ENTRY_SECRET',
  message: 'this node is getting the ledger secret of that time; ask again',
};

async function soon<Value>(waitMs: number, work: (stage: Stage) => Promise<Value>): Promise<Past<Value>> {
  let coming = fetching;
  const outcome = work((waiting) => {
    coming = waiting;
  }).then(
    (found): Past<Value> => ({ found }),
    (error: unknown): Past<Value> => {
      if (error instanceof CocoError) return { failed: error };
      throw error;
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Past<Value>>((resolve) => {
    timer = setTimeout(() => resolve({ coming }), waitMs);
  });
  // What comes too late is not lost: whoever asks again finds it there.
  outcome.catch(() => undefined);
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

async function receiptOf(
  options: PastQueriesOptions,
  id: TxId,
  format: ReceiptFormat,
  stage: Stage,
): Promise<Receipt | Uint8Array | undefined> {
  const { ledger } = options;
  const { seqno } = id;
  const { former = () => [] } = options;
  const endorsed = (receipt: Receipt): Receipt => withEndorsements(receipt, former(), seqno);
  const json = ledger.receipt(seqno);
  if (json !== undefined) return format === 'json' ? endorsed(json) : ledger.coseReceipt(seqno);
  return fromChunk(options, seqno, stage, (chunk) =>
    withSecret(options, id, stage, (secrets) => {
      if (format === 'cose') return pastCoseReceipt(chunk.index, chunk.source, seqno, secrets);
      const past = pastReceipt(chunk.index, chunk.source, seqno, secrets);
      return past && endorsed(past);
    }),
  );
}

/** Makes something that needs commit evidence, which is got when this node cannot make it by itself. */
async function withSecret<Value>(
  { ledger, secrets }: PastQueriesOptions,
  id: TxId,
  stage: Stage,
  make: (secrets: Secrets) => Value,
): Promise<Value> {
  try {
    return make(ledger.secretsAfter(ledger.last.seqno));
  } catch (error) {
    if (!(error instanceof CocoError) || error.code !== opening.code) throw error;
  }
  stage(opening);
  return make(await secrets(id));
}

async function entryOf(options: PastQueriesOptions, seqno: Seqno, stage: Stage): Promise<PublicEntry> {
  const recent = recentEntry(options, seqno);
  if (recent !== undefined) return publicEntry('', recent);
  return fromChunk(options, seqno, stage, async ({ index, source }) =>
    publicEntry(source.name, pastEntry(index, source, seqno)),
  );
}

/** Out of this node's own log, while its leaf is in memory. */
function recentEntry({ ledger, store }: PastQueriesOptions, seqno: Seqno): ChunkEntry | undefined {
  const leaf = ledger.tree.node(0, seqno);
  if (leaf === undefined || seqno < store.first || seqno > store.last) return undefined;
  const [bytes] = store.read(seqno, seqno);
  if (bytes === undefined) return undefined;
  const layout = parseEntry(bytes);
  return equalBytes(entryLeaf(layout).leaf, leaf)
    ? { offset: 0, layout, description: describeEntry(bytes) }
    : undefined;
}

/** Never what is private: no secret is used here. */
function publicEntry(file: string, entry: ChunkEntry): PublicEntry {
  const { layout } = entry;
  const { writeSetDigest } = entryLeaf(layout);
  const read = openPastEntry(file, entry);
  return { entry: read, writeSetDigest, ...(layout.ciphertext.length === 0 && { bytes: layout.bytes }) };
}

async function fromChunk<Value>(
  { history }: PastQueriesOptions,
  seqno: Seqno,
  stage: Stage,
  read: (chunk: PastChunk) => Promise<Value>,
): Promise<Value> {
  stage(fetching);
  const chunk = await history.find(seqno);
  try {
    return await read(chunk);
  } catch (error) {
    if (!(error instanceof CocoError) || !changed.has(error.code)) throw error;
    // Somebody has changed the file since it was looked at, or it had to make room.
    history.forget(chunk);
    return read(await history.find(seqno));
  }
}

const changed: ReadonlySet<string> = new Set(['COCO_LEDGER_CHUNK_DAMAGED', 'COCO_HOST_DISK']);
