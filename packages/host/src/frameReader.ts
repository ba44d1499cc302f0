/**
 * Cuts a stream of bytes from a peer into frames:
 *
 *   frame = u32 length | payload[length]
 *
 * A stated length takes no memory before the bytes are there, and one that is too large ends the connection.
 */
export interface FrameReader {
  /**
   * Takes the next bytes of the stream and returns the payloads that are now complete, each in memory of its own.
   * Undefined when a length is over the limit: nothing after it can be trusted.
   */
  push(bytes: Uint8Array): readonly Uint8Array[] | undefined;
}

const lengthBytes = 4;

export function createFrameReader(frameBytesMax: number): FrameReader {
  let parts: Uint8Array[] = [];
  let held = 0;

  /** The first `count` of the held bytes, which are no longer held then. */
  const take = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const part = parts[0] as Uint8Array;
      const used = Math.min(part.length, count - filled);
      out.set(part.subarray(0, used), filled);
      filled += used;
      if (used === part.length) parts.shift();
      else parts[0] = part.subarray(used);
    }
    held -= count;
    return out;
  };

  let length: number | undefined;
  return {
    push(bytes) {
      if (bytes.length > 0) parts.push(bytes);
      held += bytes.length;
      const frames: Uint8Array[] = [];
      while (true) {
        if (length === undefined) {
          if (held < lengthBytes) return frames;
          length = new DataView(take(lengthBytes).buffer).getUint32(0, true);
          if (length > frameBytesMax) {
            parts = [];
            return undefined;
          }
        }
        if (held < length) return frames;
        frames.push(take(length));
        length = undefined;
      }
    },
  };
}

/** The length field before a payload of `length` bytes. */
export function frameHeader(length: number): Uint8Array {
  const header = new Uint8Array(lengthBytes);
  new DataView(header.buffer).setUint32(0, length, true);
  return header;
}
