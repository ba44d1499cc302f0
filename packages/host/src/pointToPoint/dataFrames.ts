/**
 * What nodes say to each other of data that goes point to point (CONF-6), on the connections on which both have proved what they
 * run (attestedSession.ts), beside the frames of the replica, whose kinds are below 16:
 *
 *   frame      = u8 kind (16) | u8 type | digest[32] | fields of the type
 *   0 offer    u32 size | u8 n | party[32]*n        "keep this, with these; ask me for it"
 *   1 answer   u8 outcome (0 held, 1 refused, 2 no room, 3 busy)
 *   2 ask      u32 offset
 *   3 part     u32 offset | u32 size | salt[32] | bytes
 *   4 none     nothing                              "I have nothing that I could give you"
 *   5 withdraw nothing                              "what I offered is not to be kept"
 *
 * A part has at most 256 KiB, and the next is asked for when it has come: consensus on the same connection never waits for long.
 */
import { dataBytesMax, dataPartiesMax, dataSaltBytes } from '@coco/governance';
import { ByteReader, ByteWriter, CocoError, fromHex, toHex } from '@coco/primitives';

export type OfferOutcome = 'held' | 'refused' | 'full' | 'busy';

export type DataFrame = { readonly digest: string } & (
  | { readonly type: 'offer'; readonly size: number; readonly parties: readonly string[] }
  | { readonly type: 'answer'; readonly outcome: OfferOutcome }
  | { readonly type: 'ask'; readonly offset: number }
  | {
      readonly type: 'part';
      readonly offset: number;
      /** Of the whole. */
      readonly size: number;
      readonly salt: Uint8Array;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'none' }
  | { readonly type: 'withdraw' }
);

export const partBytesMax = 256 * 1024;

const kind = 16;
const types = ['offer', 'answer', 'ask', 'part', 'none', 'withdraw'] as const;
const outcomes: readonly OfferOutcome[] = ['held', 'refused', 'full', 'busy'];
const idBytes = 32;

/** Whether a frame of a peer is one of these, by its first byte. */
export function isDataFrame(bytes: Uint8Array): boolean {
  return bytes[0] === kind;
}

export function encodeDataFrame(frame: DataFrame): Uint8Array {
  const writer = new ByteWriter(frame.type === 'part' ? frame.bytes.length + 128 : 128);
  writer
    .u8(kind)
    .u8(types.indexOf(frame.type))
    .raw(fromHex(frame.digest) ?? new Uint8Array(0));
  if (frame.type === 'offer') {
    writer.u32(frame.size).u8(frame.parties.length);
    for (const id of frame.parties) writer.raw(fromHex(id) ?? new Uint8Array(0));
  } else if (frame.type === 'answer') writer.u8(outcomes.indexOf(frame.outcome));
  else if (frame.type === 'ask') writer.u32(frame.offset);
  else if (frame.type === 'part') writer.u32(frame.offset).u32(frame.size).raw(frame.salt).raw(frame.bytes);
  return writer.finish();
}

/** Parses a frame of a peer. COCO_DATA_FRAME when it is malformed or over a limit. */
export function decodeDataFrame(bytes: Uint8Array): DataFrame {
  try {
    const reader = new ByteReader(bytes, 1);
    const type = types[reader.u8()];
    const digest = toHex(reader.take(idBytes));
    const frame = decodeFields(reader, type, digest);
    reader.end();
    return frame;
  } catch (error) {
    if (error instanceof CocoError && error.code !== 'COCO_DATA_FRAME') throw malformed(error.message);
    throw error;
  }
}

function decodeFields(reader: ByteReader, type: DataFrame['type'] | undefined, digest: string): DataFrame {
  switch (type) {
    case 'offer':
      return { type, digest, ...decodeOffer(reader) };
    case 'answer': {
      const outcome = outcomes[reader.u8()];
      if (outcome === undefined) throw malformed('it has no known outcome');
      return { type, digest, outcome };
    }
    case 'ask':
      return { type, digest, offset: within(reader.u32(), dataBytesMax) };
    case 'part':
      return { type, digest, ...decodePart(reader) };
    case 'none':
    case 'withdraw':
      return { type, digest };
    default:
      throw malformed('it is of no known type');
  }
}

function decodeOffer(reader: ByteReader) {
  const size = within(reader.u32(), dataBytesMax);
  const count = within(reader.u8(), dataPartiesMax);
  const parties = Array.from({ length: count }, () => toHex(reader.take(idBytes)));
  if (parties.some((id, at) => at > 0 && id <= (parties[at - 1] ?? ''))) {
    throw malformed('its parties do not ascend');
  }
  return { size, parties };
}

function decodePart(reader: ByteReader) {
  const offset = within(reader.u32(), dataBytesMax);
  const size = within(reader.u32(), dataBytesMax);
  const salt = reader.take(dataSaltBytes);
  const bytes = reader.take(within(reader.remaining, partBytesMax));
  if (offset + bytes.length > size) throw malformed('a part goes beyond the end');
  return { offset, size, salt, bytes };
}

function within(value: number, max: number): number {
  if (value > max) throw malformed('a number is over its limit');
  return value;
}

function malformed(why: string): CocoError {
  return new CocoError('COCO_DATA_FRAME', `a peer sent a frame about data that is none: ${why}`);
}
