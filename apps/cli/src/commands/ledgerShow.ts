/**
 * `coco ledger show`: what is in a ledger, entry by entry, after the rows of the snapshot that it begins with, if any;
 * or what is in one snapshot.
 */
import process from 'node:process';
import { type LedgerSecret, type ReadEntry, readLedger } from '@coco/ledger';
import { type Command, type OptionValues, text, UsageError, whole } from '../command.js';
import { entryJson, rowsJson } from '../ledger/entryJson.js';
import { describeEntryLine, describeRows, entryHead } from '../ledger/entryText.js';
import { type LedgerDirectory, openLedgerDirectory } from '../ledger/ledgerDirectory.js';
import { secretsFromShares, secretsOfNode } from '../ledger/ledgerSecrets.js';
import { type LineWriter, lineWriter } from '../ledger/lineWriter.js';
import { dim, yellow } from '../terminal.js';
import { onlyOperand } from './operands.js';

export const ledgerShow: Command = {
  name: 'ledger show',
  summary: 'list the entries of a ledger, or the rows of a table',
  operands: 'DIR|SNAPSHOT',
  options: {
    table: {
      type: 'string',
      short: 't',
      value: 'NAME',
      help: 'the rows that this table was given, and lost',
    },
    from: { type: 'string', value: 'SEQNO', default: '1', help: 'first entry' },
    to: { type: 'string', value: 'SEQNO', help: 'last entry' },
    secrets: {
      type: 'string',
      value: 'NODE_DIR',
      help: 'decrypt private tables with what is sealed on the disk of the node there: secrets from before the network had its key',
    },
    'share-keys': {
      type: 'string',
      value: 'FILE[,FILE…]',
      help: 'decrypt with recovery shares: encryption keys (PEM) of enough members of a CCF service',
    },
    full: { type: 'boolean', help: 'long keys and values whole' },
    json: { type: 'boolean', help: 'one JSON object a line' },
  },
  examples: [
    ['coco ledger show .coco/sandbox/node0/ledger', 'every entry, and which tables it writes'],
    [
      'coco ledger show .coco/sandbox/node0/ledger --secrets .coco/sandbox/node0 --from 100',
      'with private tables',
    ],
    ['coco ledger show snapshot_14_15.committed --table public:ccf.gov.members.info', 'a snapshot’s rows'],
    ['coco ledger show DIR --table public:ccf.gov.nodes.info --json | jq', 'a table’s history, for programs'],
  ],
  async run(operands, options) {
    const ledger = openLedgerDirectory(onlyOperand(operands, 'DIR'));
    try {
      return await show(ledger, options);
    } finally {
      ledger.close();
    }
  },
};

const seqnoMax = Number.MAX_SAFE_INTEGER - 1;

async function show(ledger: LedgerDirectory, options: OptionValues): Promise<number> {
  const range = {
    from: whole(options, 'from', 1, 1e15 - 1),
    to: text(options, 'to') === undefined ? seqnoMax : whole(options, 'to', 1, 1e15 - 1),
  };
  const secrets = await secretsOf(ledger, options);
  const table = text(options, 'table');
  if (table !== undefined && !table.startsWith('public:') && secrets === undefined) {
    throw new UsageError(`${table} is a private table: --secrets or --share-keys opens it`);
  }
  const out = lineWriter(process.stdout);
  const describe = descriptionOf(options, table);
  if (table === undefined && options.json !== true) await out.line(entryHead);
  const entries = readLedger(ledger.files, {
    from: range.from,
    ...(secrets !== undefined && { secrets }),
  });
  let lines = 0;
  try {
    lines = await print(entries, range, out, describe);
  } finally {
    await out.end();
  }
  if (lines === 0) {
    const what =
      table === undefined ? 'the range holds no entry' : `no entry of the range writes to ${table}`;
    process.stderr.write(`${dim(what)}\n`);
  }
  return 0;
}

/** Prints until the end of the range or until nobody reads any more; how many lines that were. */
async function print(
  entries: Iterable<ReadEntry>,
  range: { readonly from: number; readonly to: number },
  out: LineWriter,
  describe: (entry: ReadEntry) => readonly string[],
): Promise<number> {
  let lines = 0;
  for (const entry of entries) {
    if (entry.txId.seqno < range.from) continue;
    if (entry.txId.seqno > range.to) break;
    for (const line of describe(entry)) {
      lines++;
      if (!(await out.line(line))) return lines;
    }
  }
  return lines;
}

const cellCharsMax = 200;

function descriptionOf(
  options: OptionValues,
  table: string | undefined,
): (entry: ReadEntry) => readonly string[] {
  if (options.json === true) {
    return (entry) => {
      const shown = table === undefined ? entryJson(entry) : rowsJson(entry, table);
      return shown === undefined ? [] : [JSON.stringify(shown)];
    };
  }
  if (table !== undefined) {
    const charsMax = options.full === true ? Number.POSITIVE_INFINITY : cellCharsMax;
    return (entry) => describeRows(entry, table, charsMax);
  }
  const columns = process.stdout.isTTY === true ? process.stdout.columns : Number.POSITIVE_INFINITY;
  return (entry) => [describeEntryLine(entry, columns)];
}

async function secretsOf(
  { files }: LedgerDirectory,
  options: OptionValues,
): Promise<readonly LedgerSecret[] | undefined> {
  const [node, shareKeys] = [text(options, 'secrets'), text(options, 'share-keys')];
  if (node !== undefined && shareKeys !== undefined) {
    throw new UsageError('--secrets or --share-keys, not both');
  }
  if (shareKeys !== undefined) return secretsFromShares(files, shareKeys.split(','));
  if (node === undefined) return undefined;
  const secrets = await secretsOfNode(node);
  process.stderr.write(
    `${yellow('platform virtual: it proves nothing; its sealing key is a file on this disk')}\n`,
  );
  return secrets;
}
