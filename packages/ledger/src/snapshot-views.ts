/**
 * The history of views in a snapshot: number i (from 1) is the first sequence number of view i or, where that has no
 * entries, of the next view that has some. 64-bit little-endian.
 */
import { assert, ByteReader, ByteWriter, CocoError, type Seqno, type View } from '@coco/primitives';
import type { SnapshotBase } from './types.js';

type Views = SnapshotBase['views'];

/** A network that elects once a second has so many views after fifty days: then its snapshots would need another form. */
const viewMax = 2 ** 22;

export function encodeViews(views: Views): Uint8Array {
  const last = views.at(-1)?.view ?? 0;
  assert(last <= viewMax, 'a snapshot can list all views');
  const writer = new ByteWriter(8 * last);
  let view: View = 1;
  for (const { view: next, from } of views) {
    for (; view <= next; view++) writer.u64(from);
  }
  return writer.finish();
}

/** The views that have entries up to `seqno`. Throws COCO_LEDGER_SNAPSHOT_MALFORMED. */
export function decodeViews(bytes: Uint8Array, seqno: Seqno): Views {
  const count = bytes.length / 8;
  if (!Number.isInteger(count) || count < 1 || count > viewMax)
    throw malformed('the history of views is malformed');
  const reader = new ByteReader(bytes);
  const views: { view: View; from: Seqno }[] = [];
  let last = 0;
  for (let view: View = 1; view <= count; view++) {
    const from = reader.u64();
    const ascends = views.length === 0 ? from === 1 : from >= last;
    if (!ascends || from > seqno) throw malformed('the history of views does not ascend');
    if (from === last) views.pop();
    views.push({ view, from });
    last = from;
  }
  return views;
}

function malformed(sentence: string): CocoError {
  return new CocoError('COCO_LEDGER_SNAPSHOT_MALFORMED', sentence);
}
