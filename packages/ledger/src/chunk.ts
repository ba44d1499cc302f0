/**
 * The format of chunk files, CCF's; little-endian:
 *
 *     chunk = positionsOffset(8) | entry* | position(4)*
 *
 * `positionsOffset` is 0 while the file is being written. When it is complete, the offset of every entry is
 * appended, and then the offset of that table is written into the first 8 bytes.
 */
import { assert, ByteWriter } from '@coco/primitives';

/** The table of positions that completes a chunk: the offset of each of its entries, ascending. */
export function encodePositions(offsets: readonly number[]): Uint8Array {
  const writer = new ByteWriter(4 * offsets.length);
  for (const offset of offsets) {
    assert(offset < 2 ** 32, 'a chunk is shorter than 4 GiB');
    writer.u32(offset);
  }
  return writer.finish();
}

/** The first 8 bytes of a chunk: with 0 while it is being written, then with the offset of its positions. */
export function chunkHeader(positionsOffset = 0): Uint8Array {
  return new ByteWriter(chunkHeaderBytes).u64(positionsOffset).finish();
}

/** Where the first entry of a chunk is. */
export const chunkHeaderBytes = 8;

/** A chunk file, wherever its bytes are. */
export interface ChunkSource {
  /** Of the file, without its directory. */
  readonly name: string;
  /** Bytes in the file. */
  readonly size: number;
  /** The bytes from `offset` on, exactly `length` of them; asked only for what is in the file. */
  readAt(offset: number, length: number): Uint8Array;
}

/** A chunk file whose bytes are in memory. */
export function chunkOfBytes(name: string, bytes: Uint8Array): ChunkSource {
  return { name, size: bytes.length, readAt: (offset, length) => bytes.subarray(offset, offset + length) };
}
