/** Stub until the ledger room exports these. */
import { ByteReader, ByteWriter, CocoError, fromUtf8 } from '@coco/primitives';

export interface ChunkName {
  readonly start: number;
  readonly end?: number;
  readonly committed: boolean;
}
const pattern = /^ledger_([1-9]\d{0,15})(?:-([1-9]\d{0,15})(\.committed)?)?$/;
export function parseChunkName(name: string): ChunkName | undefined {
  const m = pattern.exec(name);
  if (m === null) return undefined;
  return {
    start: Number(m[1]),
    ...(m[2] !== undefined && { end: Number(m[2]) }),
    committed: m[3] !== undefined,
  };
}
export function formatChunkName(n: ChunkName): string {
  return `ledger_${n.start}${n.end === undefined ? '' : `-${n.end}`}${n.committed ? '.committed' : ''}`;
}
export function describeEntry(bytes: Uint8Array): {
  seqno: number;
  view: number;
  size: number;
  signature: boolean;
} {
  const r = new ByteReader(bytes);
  if (r.u8() !== 1) throw new CocoError('STUB', 'version');
  r.u8();
  const size = 8 + r.u48();
  r.take(16);
  const ivSeqno = r.u64();
  const view = r.u32() & 0x7fffffff;
  const pub = r.sized64();
  const p = new ByteReader(pub);
  p.u8();
  const seqno = p.i64();
  if (seqno !== ivSeqno || size !== bytes.length) throw new CocoError('STUB', 'mismatch');
  return {
    seqno,
    view,
    size,
    signature: (fromUtf8(pub.map((b) => (b < 128 ? b : 0))) ?? '').includes('public:ccf.internal.signatures'),
  };
}
export function encodePositions(positions: readonly number[]): Uint8Array {
  const w = new ByteWriter(4 * positions.length + 1);
  for (const p of positions) w.u32(p);
  return w.finish();
}
