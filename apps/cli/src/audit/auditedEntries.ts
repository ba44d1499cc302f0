/**
 * Entries as an auditor may read them, each with the receipt that proves it: of whole epochs decrypted here, of named tables as a
 * node opened them. Every receipt is checked with the service's certificate alone.
 */
import type { Client } from '@coco/client';
import type { Certificate } from '@coco/crypto';
import { withEndorsements } from '@coco/governance';
import type { TableChanges } from '@coco/kv';
import {
  createSecrets,
  entryLeaf,
  type LedgerSecret,
  openPastEntry,
  pastEntry,
  pastReceipt,
  verifyReceipt,
} from '@coco/ledger';
import {
  equalBytes,
  formatTxId,
  fromBase64,
  fromHex,
  parseTxId,
  type Seqno,
  type TxId,
  utf8,
} from '@coco/primitives';
import type { JsonView } from '../governance/jsonView.js';
import { retryAfterMs, type WaitOptions, waiting } from '../receipt/askAgain.js';
import { auditFailure, type EpochSpan, jsonIn, told } from './grantedAudit.js';
import { type Piece, type SealedPiecesOptions, sealedPieces } from './sealedPieces.js';

export interface AuditedEntry {
  readonly txId: TxId;
  readonly signature: boolean;
  /** Of an entry that a node opened: to the granted tables. */
  readonly writes: readonly TableChanges[];
  /** JSON. */
  readonly receipt: unknown;
}

/** All entries of these epochs, which follow one another and are over. `onPiece` hears of each part that they come in. */
export async function* entriesOfEpochs(
  options: SealedPiecesOptions,
  spans: readonly EpochSpan[],
  secrets: readonly LedgerSecret[],
  onPiece: (piece: Piece) => void,
): AsyncGenerator<AuditedEntry> {
  const [from, to] = [spans[0]?.from ?? 1, spans.at(-1)?.to ?? 0];
  const known = createSecrets(secrets);
  try {
    for await (const piece of sealedPieces(options, from, to)) {
      onPiece(piece);
      const { index, source } = piece;
      for (let seqno = Math.max(from, index.first); seqno <= Math.min(to, index.last); seqno++) {
        const entry = pastEntry(index, source, seqno);
        const read = openPastEntry(source.name, entry, known);
        const bare = pastReceipt(index, source, seqno, known);
        const receipt = bare && withEndorsements(bare, options.formerServices, seqno);
        const digest = read.signature ? undefined : entryLeaf(entry.layout).writeSetDigest;
        checkReceipt(receipt, read.txId, digest, options.serviceCertificate);
        const writes = [...read.publicWrites, ...(read.privateWrites ?? [])];
        yield { txId: read.txId, signature: read.signature, writes, receipt };
      }
    }
  } finally {
    known.wipe();
  }
}

/** Without `digest`: of a signature, whose receipt names its root alone. */
function checkReceipt(
  receipt: unknown,
  txId: TxId,
  digest: Uint8Array | undefined,
  service: Certificate,
): void {
  const verdict = verifyReceipt(receipt, service);
  if (!verdict.valid)
    throw auditFailure(`the receipt of ${formatTxId(txId)} does not hold: ${verdict.reason}`);
  const { writeSetDigest, txId: proved } = verdict;
  if (digest === undefined && proved === undefined) return;
  const isOfThis =
    proved !== undefined &&
    formatTxId(proved) === formatTxId(txId) &&
    digest !== undefined &&
    writeSetDigest !== undefined &&
    equalBytes(digest, writeSetDigest);
  if (!isOfThis) throw auditFailure(`the receipt of ${formatTxId(txId)} is that of something else`);
}

export interface TableEntriesOptions extends WaitOptions {
  readonly client: Pick<Client, 'post'>;
  /** Id. */
  readonly grant: string;
  readonly tables: readonly string[];
  readonly serviceCertificate: Certificate;
}

/** The entries that wrote to the granted tables. `onLooked` hears how far the node has looked. */
export async function* entriesOfTables(
  options: TableEntriesOptions,
  { from, to }: { readonly from: Seqno; readonly to: Seqno },
  onLooked: (last: Seqno) => void,
): AsyncGenerator<AuditedEntry> {
  for (let next = from; next <= to; ) {
    const page: JsonView = await pageFrom(options, next);
    const last = page.number('last') ?? 0;
    if (page.number('first') !== next || last < next)
      throw auditFailure('the node answered with another part');
    for (const entry of page.list('entries')) yield openedEntry(options, entry, { from: next, to: last });
    onLooked(last);
    if (!page.flag('more')) return;
    next = last + 1;
  }
}

async function pageFrom(options: TableEntriesOptions, from: Seqno): Promise<JsonView> {
  const { client, grant } = options;
  const wait = waiting(options);
  const body = utf8(JSON.stringify({ grant, from }));
  for (;;) {
    const reply = await told(() => client.post('/node/audit/rows', 'application/json', body));
    if (reply.status === 200) return jsonIn(reply);
    await wait('the node is looking for it', retryAfterMs(reply), () =>
      auditFailure(`the node did not have entry ${from} ready in time; ask again, or give more --timeout`),
    );
  }
}

function openedEntry(
  { tables, serviceCertificate }: TableEntriesOptions,
  view: JsonView,
  { from, to }: { readonly from: Seqno; readonly to: Seqno },
): AuditedEntry {
  const txId = parseTxId(view.raw('transaction_id'));
  const digest = fromHex(view.raw('write_set_digest'));
  const { receipt } = view.value;
  if (txId === undefined || txId.seqno < from || txId.seqno > to || digest === undefined) {
    throw auditFailure('the node gave an entry that was not asked for');
  }
  checkReceipt(receipt, txId, digest, serviceCertificate);
  const writes = view.list('tables').map(changesOf);
  if (!writes.every(({ table }) => tables.includes(table))) {
    throw auditFailure('the node gave rows of tables that are not granted');
  }
  return { txId, signature: false, writes, receipt };
}

function changesOf(view: JsonView): TableChanges {
  const { removes } = view.value;
  const bytes = (text: unknown): Uint8Array =>
    fromBase64(typeof text === 'string' ? text : '') ?? new Uint8Array();
  return {
    table: view.raw('name'),
    puts: view.list('puts').map((put) => ({ key: bytes(put.raw('key')), value: bytes(put.raw('value')) })),
    removes: Array.isArray(removes) ? removes.map(bytes) : [],
  };
}
