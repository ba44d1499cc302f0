/**
 * Which files make up a ledger, and in which order: every sequence number once, from 1 on or from behind a snapshot on.
 */
import { CocoError } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import { type ChunkName, parseChunkName } from './chunk-name.js';
import { parseSnapshotName, type SnapshotName } from './snapshot-name.js';

/** A chunk file of a ledger. */
export interface LedgerFile {
  readonly source: ChunkSource;
  readonly name: ChunkName;
}

/** A snapshot file of a ledger, with a receipt. */
export interface SnapshotFile {
  readonly source: ChunkSource;
  readonly name: SnapshotName;
}

/**
 * Sorts the chunk files of a ledger directory; those that are something else, or `.ignored`, are left out. The first
 * must begin with entry 1, or right after a snapshot that is among the files. Throws, judging by names alone:
 * COCO_LEDGER_EMPTY when there is neither chunk nor snapshot; COCO_LEDGER_HOLE when a sequence number is in no file;
 * COCO_LEDGER_FORK when one is in two; COCO_LEDGER_CHUNK_INCOMPLETE when a file that is being written is not the last.
 */
export function orderFiles(sources: readonly ChunkSource[]): LedgerFile[] {
  const files: LedgerFile[] = [];
  for (const source of sources) {
    const name = parseChunkName(source.name);
    if (name !== undefined && !name.ignored) files.push({ source, name });
  }
  files.sort((a, b) => a.name.start - b.name.start);
  const snapshots = orderSnapshots(sources);
  const [first] = files;
  if (first === undefined && snapshots.length === 0) {
    throw new CocoError('COCO_LEDGER_EMPTY', 'there are no chunk files of a ledger here');
  }
  if (first !== undefined) checkFirst(first, snapshots);
  let before: LedgerFile | undefined;
  for (const file of files) {
    if (before !== undefined) checkNeighbours(before, file);
    before = file;
  }
  return files;
}

/** The snapshot files with a receipt that are among `sources`, oldest first; `.ignored` ones are left out. */
export function orderSnapshots(sources: readonly ChunkSource[]): SnapshotFile[] {
  const files: SnapshotFile[] = [];
  for (const source of sources) {
    const name = parseSnapshotName(source.name);
    if (name?.committed === true && !name.ignored) files.push({ source, name });
  }
  return files.sort((a, b) => a.name.seqno - b.name.seqno || a.name.evidenceSeqno - b.name.evidenceSeqno);
}

/** The snapshot that a ledger of these files begins with: none when its first entry is there. */
export function firstSnapshot(
  files: readonly LedgerFile[],
  snapshots: readonly SnapshotFile[],
): SnapshotFile | undefined {
  const [first] = files;
  if (first === undefined) return snapshots.at(-1);
  return first.name.start === 1
    ? undefined
    : snapshots.findLast(({ name }) => name.seqno === first.name.start - 1);
}

function checkFirst({ source, name }: LedgerFile, snapshots: readonly SnapshotFile[]): void {
  const missing = name.start - 1;
  if (missing === 0 || snapshots.some((snapshot) => snapshot.name.seqno === missing)) return;
  const file = source.name;
  const sentence = `the ledger begins with ${file}: entries 1 to ${missing} are missing, and no snapshot stands for them`;
  throw new CocoError('COCO_LEDGER_HOLE', sentence, { file, offset: 0, seqno: 1 });
}

function checkNeighbours(before: LedgerFile, { source, name }: LedgerFile): void {
  const file = source.name;
  const offset = 0;
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
