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
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { TableChanges } from '@coco/kv';
import { CocoError, formatTxId } from '@coco/primitives';
import { cellOf } from '../ledger/printable.js';
import type { AuditedEntry } from './auditedEntries.js';

export interface AuditFiles {
  add(entry: AuditedEntry): void;
  /** Writes the summary, too. */
  finish(summary: unknown): void;
  /** May be called again. */
  close(): void;
}

/** COCO_CLI_EXISTS when there is something in `directory`, COCO_CLI_FILE when it cannot be written. */
export function createAuditFiles(directory: string): AuditFiles {
  return writing(directory, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (existsSync(directory) && readdirSync(directory).length > 0) {
      const sentence = `${directory} is not empty: an audit goes into a directory of its own`;
      throw new CocoError('COCO_CLI_EXISTS', sentence, { directory });
    }
    const open = (name: string): number => openSync(path.join(directory, name), 'wx', 0o600);
    const files = [open('entries.jsonl'), open('receipts.jsonl')] as const;
    const [entries, receipts] = files;
    let isOpen = true;
    const line = (file: number, value: unknown): void =>
      writing(directory, () => void writeSync(file, `${JSON.stringify(value)}\n`));
    return {
      add({ txId, signature, writes, receipt }) {
        const id = formatTxId(txId);
        line(entries, { txId: id, type: signature ? 'signature' : 'writes', tables: writes.map(tableJson) });
        line(receipts, { txId: id, receipt });
      },
      finish(summary) {
        const file = path.join(directory, 'summary.json');
        writing(directory, () =>
          writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 }),
        );
      },
      close() {
        if (isOpen) for (const file of files) closeSync(file);
        isOpen = false;
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
