/**
 * What is wrong with a frame that a peer sent: one code for all of it. It costs the peer its connection, and nothing else.
 */
import { type ByteReader, CocoError } from '@coco/primitives';

/** COCO_REPLICA_FRAME: the frame is malformed, in this way. */
export function malformed(what: string): CocoError {
  return new CocoError('COCO_REPLICA_FRAME', `a peer sent a malformed frame: ${what}`, { what });
}

/** A byte that is 0 or 1. COCO_REPLICA_FRAME when it is another. */
export function decodeFlag(reader: ByteReader): boolean {
  const value = reader.u8();
  if (value > 1) throw malformed('a flag is neither 0 nor 1');
  return value === 1;
}
