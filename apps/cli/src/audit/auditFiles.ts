/**
 * What an audit leaves behind, for the auditor alone, in a directory of its own:
 *
 *     entries.jsonl     {"txId", "type", "tables": [{"table", "puts": [{"key", "value"}], "removes": [key]}]}, a line for each entry;
 *                       keys and values are {"text"} or {"hex"}
 *     receipts.jsonl    {"txId", "receipt"}, a line for each entry
 *     summary.json      what `--json` prints
 *
 * No secret is written.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { TableChanges } from '@coco/kv';
import { CocoError, formatTxId } from '@coco/primitives';
import { cellOf } from '../ledger/printable.js';
import type { AuditedEntry } from './auditedEntries.js';

export interface AuditFiles {
  add(entry: AuditedEntry): void;
  /** Writes the summary, too. */
  finish(summary: unknown): void;
  /** Removes what was written: half an audit is none. */
  discard(): void;
}

/** COCO_CLI_EXISTS when there is something in `directory`, COCO_CLI_FILE when it cannot be written. */
export function createAuditFiles(directory: string): AuditFiles {
  return writing(directory, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (existsSync(directory) && readdirSync(directory).length > 0) {
      const sentence = `${directory} is not empty: an audit goes into a directory of its own`;
      throw new CocoError('COCO_CLI_EXISTS', sentence, { directory });
    }
    const names = ['entries.jsonl', 'receipts.jsonl'] as const;
    const files = names.map((name) => openSync(path.join(directory, name), 'wx', 0o600));
    const [entries = -1, receipts = -1] = files;
    const line = (file: number, value: unknown): void =>
      writing(directory, () => void writeSync(file, `${JSON.stringify(value)}\n`));
    const close = (): void => {
      for (const file of files.splice(0)) closeSync(file);
    };
    return {
      add({ txId, signature, writes, receipt }) {
        const id = formatTxId(txId);
        line(entries, { txId: id, type: signature ? 'signature' : 'writes', tables: writes.map(tableJson) });
        line(receipts, { txId: id, receipt });
      },
      finish(summary) {
        close();
        const file = path.join(directory, 'summary.json');
        const text = `${JSON.stringify(summary, null, 2)}\n`;
        writing(directory, () => writeFileSync(file, text, { mode: 0o600 }));
      },
      discard() {
        close();
        for (const name of names) rmSync(path.join(directory, name), { force: true });
      },
    };
  });
}

function tableJson({ table, puts, removes }: TableChanges): unknown {
  return {
    table,
    puts: puts.map(({ key, value }) => ({ key: cellOf(key), value: cellOf(value) })),
    removes: removes.map(cellOf),
  };
}

function writing<Result>(directory: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof CocoError) throw error;
    const sentence = `cannot write into ${directory}: ${(error as Error).message}`;
    throw new CocoError('COCO_CLI_FILE', sentence, { path: directory });
  }
}
