/**
 * Gets one entry of the ledger from a node, with its receipt, and finds out how much of what the node says is proved: all of
 * it when nothing in the entry is private, for then the node gives its bytes; else which entry it is, and the node's word for
 * what that wrote to public tables.
 */
import { type Client, type ReceiptFinding, verifyReceiptFile } from '@coco/client';
import type { TableChanges } from '@coco/kv';
import { describeEntry, entryLeaf, openPastEntry, parseEntry, type ReadEntry } from '@coco/ledger';
import {
  CocoError,
  equalBytes,
  formatTxId,
  fromBase64,
  fromHex,
  parseTxId,
  type Seqno,
} from '@coco/primitives';
import { type JsonView, viewOf } from '../governance/jsonView.js';
import { retryAfterMs, type WaitOptions, waiting } from '../receipt/askAgain.js';

export interface FetchEntryOptions extends WaitOptions {
  readonly client: Pick<Client, 'get'>;
  readonly seqno: Seqno;
  readonly serviceCertificatePem: string;
}

export interface FetchedEntry {
  readonly entry: ReadEntry;
  /** `entry`: to the last bit. `digest`: which entry it is, not that it wrote this. `root`: of a signature, what it signs. */
  readonly proved: 'entry' | 'digest' | 'root';
  /** JSON. */
  readonly receipt: unknown;
}

/** COCO_CLI_ENTRY when the node cannot give it, or what it gives does not hold; and what the client throws. */
export async function fetchEntry(options: FetchEntryOptions): Promise<FetchedEntry> {
  const { client, seqno, serviceCertificatePem } = options;
  const wait = waiting(options);
  const tooLong =
    'the node did not have it ready in time, or it is not committed; ask again, or give more --timeout';
  for (;;) {
    const reply = await client.get(`/node/ledger/entry?seqno=${seqno}&receipt=json`);
    if (reply.status === 200) return checked(seqno, viewOf(jsonOf(reply.body)), serviceCertificatePem);
    await wait('the node is looking for it', retryAfterMs(reply), () => failure(seqno, tooLong));
  }
}

function checked(seqno: Seqno, told: JsonView, serviceCertificatePem: string): FetchedEntry {
  const receipt = told.value['receipt'];
  const finding = verifyReceiptFile(receipt, serviceCertificatePem);
  if (!finding.valid) throw failure(seqno, `its receipt does not hold: ${finding.reason}`);
  const whole = wholeEntry(seqno, told);
  const entry = whole?.entry ?? readTold(seqno, told);
  if (finding.txId === undefined) {
    if (!entry.signature) throw failure(seqno, 'its receipt is that of a signature');
    return { entry, proved: 'root', receipt };
  }
  checkDigest(seqno, finding, entry, whole?.digest ?? fromHex(told.raw('write_set_digest')));
  return { entry, proved: whole === undefined ? 'digest' : 'entry', receipt };
}

function checkDigest(
  seqno: Seqno,
  finding: Extract<ReceiptFinding, { readonly valid: true }>,
  { txId }: ReadEntry,
  digest: Uint8Array | undefined,
): void {
  const { writeSetDigest, txId: proved } = finding;
  const isSame = proved !== undefined && formatTxId(proved) === formatTxId(txId) && proved.seqno === seqno;
  if (
    !isSame ||
    digest === undefined ||
    writeSetDigest === undefined ||
    !equalBytes(digest, writeSetDigest)
  ) {
    throw failure(seqno, 'its receipt is about another entry');
  }
}

/** The entry as its own bytes say, if they were given. */
function wholeEntry(
  seqno: Seqno,
  told: JsonView,
): { readonly digest: Uint8Array; readonly entry: ReadEntry } | undefined {
  if (!told.has('entry')) return undefined;
  try {
    const layout = parseEntry(bytesOf(told, 'entry'));
    const read = openPastEntry('', { offset: 0, layout, description: describeEntry(layout.bytes) });
    return { digest: entryLeaf(layout).writeSetDigest, entry: read };
  } catch (error) {
    throw failure(seqno, `its bytes are not understood: ${error instanceof Error ? error.message : ''}`);
  }
}

function readTold(seqno: Seqno, told: JsonView): ReadEntry {
  const txId = parseTxId(told.raw('transaction_id'));
  if (txId?.seqno !== seqno) throw failure(seqno, 'the node answered with another');
  const claimsDigest = fromHex(told.raw('claims_digest'));
  return {
    file: '',
    offset: 0,
    txId,
    entryType: told.number('entry_type') ?? 0,
    size: told.number('size') ?? 0,
    signature: told.flag('signature'),
    publicWrites: told.list('tables').map(tableOf),
    privateBytes: told.number('private_size') ?? 0,
    ...(claimsDigest?.length === 32 && { claimsDigest }),
  };
}

function tableOf(table: JsonView): TableChanges {
  const removes = table.value['removes'];
  return {
    table: table.raw('name'),
    puts: table.list('puts').map((put) => ({ key: bytesOf(put, 'key'), value: bytesOf(put, 'value') })),
    removes: Array.isArray(removes) ? removes.map((key) => fromBase64(String(key)) ?? new Uint8Array()) : [],
  };
}

function bytesOf(view: JsonView, name: string): Uint8Array {
  return fromBase64(view.raw(name)) ?? new Uint8Array();
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function failure(seqno: Seqno, reason: string): CocoError {
  return new CocoError('COCO_CLI_ENTRY', `no entry ${seqno}: ${reason}`, { seqno });
}
