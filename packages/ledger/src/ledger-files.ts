/**
 * Which chunk files make up a ledger, and in which order: every sequence number once, from 1 on.
 */
import { CocoError } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import { type ChunkName, parseChunkName } from './chunk-name.js';

/** A chunk file of a ledger. */
export interface LedgerFile {
  readonly source: ChunkSource;
  readonly name: ChunkName;
}

/**
 * Sorts the files of a ledger directory; those that are no chunk files, or `.ignored`, are left out. Throws, judging
 * by names alone: COCO_LEDGER_EMPTY; COCO_LEDGER_HOLE when a sequence number is in no file; COCO_LEDGER_FORK when
 * one is in two; COCO_LEDGER_CHUNK_INCOMPLETE when a file that is being written is not the last.
 */
export function orderFiles(sources: readonly ChunkSource[]): LedgerFile[] {
  const files: LedgerFile[] = [];
  for (const source of sources) {
    const name = parseChunkName(source.name);
    if (name !== undefined && !name.ignored) files.push({ source, name });
  }
  files.sort((a, b) => a.name.start - b.name.start);
  let before: LedgerFile | undefined;
  for (const file of files) {
    checkNeighbours(before, file);
    before = file;
  }
  if (before === undefined)
    throw new CocoError('COCO_LEDGER_EMPTY', 'there are no chunk files of a ledger here');
  return files;
}

function checkNeighbours(before: LedgerFile | undefined, { source, name }: LedgerFile): void {
  const file = source.name;
  const offset = 0;
  if (before === undefined) {
    if (name.start === 1) return;
    const sentence = `the ledger begins with ${file}: entries 1 to ${name.start - 1} are missing`;
    throw new CocoError('COCO_LEDGER_HOLE', sentence, { file, offset, seqno: 1 });
  }
  const otherFile = before.source.name;
  const end = before.name.end ?? before.name.start;
  if (name.start <= end) {
    const sentence = `${otherFile} and ${file} both claim entry ${name.start}: the ledger is forked`;
    throw new CocoError('COCO_LEDGER_FORK', sentence, { file, offset, otherFile, seqno: name.start });
  }
  if (before.name.end === undefined) {
    const sentence = `${otherFile} is not complete, yet ${file} follows it`;
    throw new CocoError('COCO_LEDGER_CHUNK_INCOMPLETE', sentence, {
      file: otherFile,
      offset,
      otherFile: file,
    });
  }
  if (name.start > end + 1) {
    const sentence = `entries ${end + 1} to ${name.start - 1} are missing between ${otherFile} and ${file}`;
    throw new CocoError('COCO_LEDGER_HOLE', sentence, { file, offset, otherFile, seqno: end + 1 });
  }
}
