/**
 * `coco ledger entry`: one entry of the ledger, from a node, however old it is, with what it wrote to public tables.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTxId, parseTxId, type Seqno, utf8 } from '@coco/primitives';
import { type Command, type OptionValues, text, UsageError, whole } from '../command.js';
import {
  accessOptions,
  jsonOption,
  serviceCertificatePem,
  signingOptions,
  withActorClient,
} from '../governance/access.js';
import { entryJson, rowsJson } from '../ledger/entryJson.js';
import { describeEntryLine, describeRows, entryHead } from '../ledger/entryText.js';
import { type FetchedEntry, fetchEntry } from '../ledger/fetchEntry.js';
import { printable } from '../ledger/printable.js';
import { writeReceiptFile } from '../receipt/receiptFiles.js';
import { cyan, dim, green, liveLine, yellow } from '../terminal.js';
import { onlyOperand } from './operands.js';

const secondsMax = 86_400;
const cellCharsMax = 200;

export const ledgerEntry: Command = {
  name: 'ledger entry',
  summary: 'one entry of the ledger from a node, however old, with its public writes',
  operands: 'SEQNO|TXID',
  options: {
    receipt: { type: 'string', value: 'FILE', help: 'write its receipt there, as JSON' },
    full: { type: 'boolean', help: 'long keys and values whole' },
    timeout: { type: 'string', value: 'SECONDS', default: '60', help: 'how long to wait for it' },
    ...jsonOption,
    ...accessOptions,
    cert: signingOptions.cert,
    key: signingOptions.key,
  },
  about: [
    'Any node has any committed entry: what it has not got itself it fetches from another node, and checks. Entries are told to members and participants. What they wrote to private tables is not; coco ledger show reads it from a node’s files with its secrets.',
    'The receipt of the entry is checked with the service certificate. When nothing in the entry is private, all that is shown is proved by it; else it proves which entry it is, and what is shown of it is the node’s word.',
  ],
  examples: [
    ['coco ledger entry 17', 'with COCO_URL, COCO_SERVICE, COCO_CERT and COCO_KEY in the environment'],
    ['coco ledger entry 2.17 --receipt 2.17.json', 'and its receipt, for coco receipt verify'],
  ],
  async run(operands, options) {
    const { seqno, txId } = placeOf(onlyOperand(operands, 'SEQNO'));
    const timeoutMs = 1000 * whole(options, 'timeout', 0, secondsMax);
    const progress = liveLine();
    const fetched = await withActorClient(options, (client) =>
      fetchEntry({
        client,
        seqno,
        serviceCertificatePem: serviceCertificatePem(options),
        timeoutMs,
        clock: { nowMs: () => performance.now(), sleep: (ms) => sleep(ms) },
        ...(options['json'] !== true && {
          onWait: (state, waitedMs) => progress.show(`${seqno}  ${state}  ${Math.floor(waitedMs / 1000)} s`),
        }),
      }).finally(() => progress.end()),
    );
    const found = formatTxId(fetched.entry.txId);
    if (txId !== undefined && found !== txId) {
      throw new UsageError(`there is no transaction ${txId}: the entry at ${seqno} is ${found}`);
    }
    const file = text(options, 'receipt');
    if (file !== undefined) writeReceiptFile(file, utf8(`${JSON.stringify(fetched.receipt)}\n`));
    process.stdout.write(`${shown(fetched, options)}\n`);
    return 0;
  },
};

function placeOf(operand: string): { readonly seqno: Seqno; readonly txId?: string } {
  const txId = parseTxId(operand);
  if (txId !== undefined && txId.seqno > 0) return { seqno: txId.seqno, txId: formatTxId(txId) };
  if (/^[1-9]\d{0,14}$/.test(operand)) return { seqno: Number(operand) };
  throw new UsageError(`SEQNO is a sequence number like 17, or a transaction like 2.17; not "${operand}"`);
}

function shown({ entry, proved, receipt }: FetchedEntry, options: OptionValues): string {
  const names = entry.publicWrites.map(({ table }) => table);
  if (options['json'] === true) {
    const { file: _, offset: __, ...rest } = entryJson(entry) as Record<string, unknown>;
    return JSON.stringify({ ...rest, rows: names.map((name) => rowsJson(entry, name)), proved, receipt });
  }
  const charsMax = options['full'] === true ? Number.POSITIVE_INFINITY : cellCharsMax;
  const columns = process.stdout.isTTY === true ? process.stdout.columns : Number.POSITIVE_INFINITY;
  return [
    entryHead,
    describeEntryLine(entry, columns),
    ...names.flatMap((name) => ['', cyan(printable(name)), ...describeRows(entry, name, charsMax)]),
    '',
    provedText[proved],
  ].join('\n');
}

const provedText = {
  entry: `${green('●')} proved to the last bit by its receipt, under the service’s certificate`,
  digest: `${yellow('●')} its receipt proves which entry it is; that it wrote this is the node’s word, for the rest of it is private`,
  root: dim('a signature: its receipt proves the root that it signs, and with it all that was before'),
} as const;
